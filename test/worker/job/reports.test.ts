import { SELF } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { REPORT_LOG_BYTES } from "../../../src/wire/limits.ts";
import { reportAccepted, reportRefused } from "../../../src/wire/report.ts";
import { Client } from "../support/client.ts";
import { hurryTimers, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { evict, recordOf } from "../support/objects.ts";

const executor = new HandExecutor();
let restoreTimers = (): void => undefined;
beforeAll(async () => {
  await executor.install();
  restoreTimers = hurryTimers();
});
afterEach(restoreClock);
afterAll(() => {
  restoreTimers();
  executor.uninstall();
});

const start = async () => {
  const client = new Client();
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

const log = (n: number, data: string) => ({
  n,
  type: "log" as const,
  atMs: 1_000 + n,
  stream: "stdout" as const,
  data,
});

const refusalOf = async (response: Response) => {
  const { error } = reportRefused.parse(await response.json());
  return { status: response.status, code: error.code, expected: error.expected };
};

const acknowledgedBy = async (response: Response): Promise<number> =>
  reportAccepted.parse(await response.json()).acknowledged;

const stdoutOf = async ({ client, id }: { client: Client; id: string }): Promise<unknown> =>
  (await client.json(`/logs/${id}`)).stdout;

describe("a report", () => {
  it("that is sent twice changes nothing", async () => {
    const run = await start();
    const batch = [log(1, "a"), log(2, "b")];
    expect(await acknowledgedBy(await run.attempt.post(batch))).toBe(2);
    const before = await recordOf(run.id);
    expect(await acknowledgedBy(await run.attempt.post(batch))).toBe(2);
    expect(await acknowledgedBy(await run.attempt.post([log(2, "other")]))).toBe(2);
    expect(await recordOf(run.id)).toEqual(before);
    expect(await stdoutOf(run)).toBe("ab");
  });

  it("that overlaps an earlier one adds what is new", async () => {
    const run = await start();
    await run.attempt.post([log(1, "a"), log(2, "b")]);
    expect(await acknowledgedBy(await run.attempt.post([log(1, "a"), log(2, "b"), log(3, "c")]))).toBe(3);
    expect(await stdoutOf(run)).toBe("abc");
  });

  it("that leaves a gap is refused with the number that must come, and nothing of it is kept", async () => {
    const run = await start();
    await run.attempt.post([log(1, "a")]);
    const gap = { status: 409, code: "gap", expected: 2 };
    expect(await refusalOf(await run.attempt.post([log(3, "c")]))).toEqual(gap);
    expect(await refusalOf(await run.attempt.post([log(2, "b"), log(4, "d")]))).toEqual(gap);
    expect(await refusalOf(await run.attempt.post([log(3, "c"), log(2, "b")]))).toEqual(gap);
    expect(await stdoutOf(run)).toBe("a");
    expect(await acknowledgedBy(await run.attempt.post([log(2, "b"), log(3, "c")]))).toBe(3);
    expect(await stdoutOf(run)).toBe("abc");
  });

  it("knows after an eviction what it had taken before", async () => {
    const run = await start();
    await run.attempt.started();
    await evict(run.id);
    expect(await acknowledgedBy(await run.attempt.post([]))).toBe(1);
    await run.attempt.log("a");
    await evict(run.id);
    expect(await acknowledgedBy(await run.attempt.post([log(2, "again")]))).toBe(2);
    expect(await refusalOf(await run.attempt.post([log(4, "x")]))).toMatchObject({ expected: 3 });
    await run.attempt.log("b");
    await evict(run.id);
    await run.attempt.finish({ exitCode: 7 });
    await evict(run.id);
    expect(await stdoutOf(run)).toBe("ab");
    expect(await run.client.status(run.id)).toMatchObject({ status: "failed", exit_code: 7 });
  });

  it("of a finished attempt is stale, and its first verdict stays", async () => {
    const run = await start();
    const first = { ...run.attempt.finished({ exitCode: 0 }), n: 1 };
    const second = { ...run.attempt.finished({ exitCode: 9, cpuSeconds: 8 }), n: 1 };
    expect(await acknowledgedBy(await run.attempt.post([first]))).toBe(1);
    expect(await refusalOf(await run.attempt.post([second]))).toMatchObject({
      status: 409,
      code: "stale_attempt",
    });
    await evict(run.id);
    expect((await run.attempt.post([first])).status).toBe(409);
    expect(await run.client.status(run.id)).toMatchObject({ status: "completed", exit_code: 0 });
    expect(await run.client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, used: 0.05 } });
  });

  it("may carry a whole run at once", async () => {
    const run = await start();
    const { attempt } = run;
    await attempt.report(
      { type: "started", atMs: 1 },
      { type: "log", atMs: 2, stream: "stdout", data: "out" },
      { type: "log", atMs: 3, stream: "stderr", data: "err" },
      attempt.finished(),
    );
    expect(await run.client.json(`/logs/${run.id}`)).toMatchObject({
      status: "completed",
      stdout: "out",
      stderr: "err",
    });
  });

  it("brings text whole, whatever is in it", async () => {
    const run = await start();
    const text = 'é 😀 \u0000 \u001b[31m "\\ \u2028\r\n';
    await run.attempt.log(text);
    await evict(run.id);
    expect(await stdoutOf(run)).toBe(text);
  });

  it("of a newer executor may say more than this release knows", async () => {
    const run = await start();
    const event = { n: 1, type: "log" as const, atMs: 1, stream: "stdout" as const, data: "a", more: true };
    expect(await acknowledgedBy(await run.attempt.post([event]))).toBe(1);
    expect(await stdoutOf(run)).toBe("a");
  });

  it("of many small records keeps their order over several stored chunks", async () => {
    const run = await start();
    const lines = Array.from({ length: 600 }, (_, at) => `line ${at} ${"x".repeat(40)}\n`);
    for (let at = 0; at < lines.length; at += 100) {
      await run.attempt.post(lines.slice(at, at + 100).map((data, index) => log(at + index + 1, data)));
      if (at === 300) await evict(run.id);
    }
    const logs = await run.client.json(`/logs/${run.id}`);
    expect(logs).toMatchObject({ stdout: lines.join(""), truncated: false, next: 600 });
  });

  it("past the cap of 10 MiB a stream is cut there and marked, and the other stream goes on", async () => {
    const run = await start();
    const piece = "0123456789abcde\n".repeat(16_384);
    for (let n = 1; n <= 42; n++) await run.attempt.post([log(n, piece)]);
    await run.attempt.post([{ ...log(43, "still here"), stream: "stderr" }]);
    await evict(run.id);
    const logs = await run.client.json<{ stdout: string; stderr: string }>(`/logs/${run.id}`);
    expect(logs.stdout.length).toBe(10 * 1_048_576);
    expect(logs).toMatchObject({ stderr: "still here", truncated: true });
    await run.attempt.post([{ ...run.attempt.finished({ reason: "output_limit", exitCode: null }), n: 44 }]);
    expect(await run.client.status(run.id)).toMatchObject({
      status: "failed",
      termination_reason: "output_limit",
      truncated: true,
    });
  }, 20_000);
});

describe("a report is refused", () => {
  const post = (path: string, init: RequestInit): Promise<Response> =>
    SELF.fetch(`http://sandpiper.test/executor/attempts/${path}`, { method: "POST", ...init });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it("with another attempt's token, and it changes nothing", async () => {
    const [mine, other] = [await start(), await start()];
    const { attemptToken } = other.attempt.request;
    expect(await refusalOf(await mine.attempt.post([log(1, "forged")], attemptToken))).toMatchObject({
      status: 401,
      code: "unauthorized",
    });
    await evict(mine.id);
    expect((await mine.attempt.post([log(1, "forged")], "A".repeat(43))).status).toBe(401);
    expect(await stdoutOf(mine)).toBe("");
    const upload = await post(`${mine.attempt.request.attemptId}/uploads`, {
      headers: bearer(attemptToken),
      body: JSON.stringify({ files: [{ path: "a", sizeBytes: 1, sha256: "0".repeat(64) }] }),
    });
    expect([401, 409]).toContain(upload.status);
  });

  it.each([undefined, "Bearer", "Bearer short", "Basic dXNlcjpwYXNz", `bearer ${"A".repeat(43)}`])(
    "with the authorization %j",
    async (authorization) => {
      const { attempt } = await start();
      const headers: HeadersInit = authorization === undefined ? {} : { authorization };
      const response = await post(`${attempt.request.attemptId}/events`, { headers, body: '{"events":[]}' });
      expect(await refusalOf(response)).toMatchObject({ status: 401, code: "unauthorized" });
    },
  );

  it("for an attempt that never was", async () => {
    const { attempt } = await start();
    const headers = bearer(attempt.request.attemptToken);
    const [objectId = ""] = attempt.request.attemptId.split(".");
    const quotaId = testEnv.QUOTA_OBJECT.idFromName("x").toString();
    const ids = [
      `${objectId}.${"0".repeat(32)}`,
      `${"0".repeat(64)}.${"0".repeat(32)}`,
      `${quotaId}.${"0".repeat(32)}`,
      `${testEnv.JOB_OBJECT.idFromName("nobody").toString()}.${"0".repeat(32)}`,
      "..%2f",
      "1",
    ];
    for (const id of ids) {
      const response = await post(`${id}/events`, { headers, body: '{"events":[]}' });
      expect(await refusalOf(response)).toMatchObject({ status: 409, code: "stale_attempt" });
    }
  });

  const bodies: [string, string][] = [
    ["nothing", ""],
    ["no JSON", "{"],
    ["no events", "{}"],
    ["an unknown type", '{"events":[{"n":1,"type":"dance","atMs":1}]}'],
    ["the number 0", '{"events":[{"n":0,"type":"started","atMs":1}]}'],
    ["an empty log record", '{"events":[{"n":1,"type":"log","atMs":1,"stream":"stdout","data":""}]}'],
    ["an unknown stream", '{"events":[{"n":1,"type":"log","atMs":1,"stream":"stdin","data":"x"}]}'],
    ["too much text in one record", JSON.stringify({ events: [log(1, "x".repeat(REPORT_LOG_BYTES + 1))] })],
  ];

  it.each(bodies)("with %s in its body", async (_what, body) => {
    const { attempt, ...run } = await start();
    const headers = bearer(attempt.request.attemptToken);
    const response = await post(`${attempt.request.attemptId}/events`, { headers, body });
    expect(await refusalOf(response)).toMatchObject({ status: 400, code: "invalid" });
    expect(await stdoutOf(run)).toBe("");
  });

  it("over 4 MiB", async () => {
    const { attempt } = await start();
    const headers = bearer(attempt.request.attemptToken);
    const body = "x".repeat(4 * 1_048_576 + 1);
    const response = await post(`${attempt.request.attemptId}/events`, { headers, body });
    expect(await refusalOf(response)).toMatchObject({ status: 413, code: "too_large" });
  });
});

describe("an attempt", () => {
  it("leaves its token nowhere but with its executor", async () => {
    const { id, attempt } = await start();
    expect(JSON.stringify(await recordOf(id))).not.toContain(attempt.request.attemptToken);
    const row = await testEnv.DB.prepare("SELECT * FROM jobs WHERE object_id = ?1")
      .bind(attempt.request.attemptId.slice(0, 64))
      .first();
    expect(JSON.stringify(row)).not.toContain(id);
  });

  it("never tells the executor which job it works for", async () => {
    const { id, attempt } = await start();
    expect(JSON.stringify(attempt.request)).not.toContain(id.slice(4));
  });
});
