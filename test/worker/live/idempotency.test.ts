import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CONTENT_TYPE, multipart } from "../../unit/uploads/support/submit.ts";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { eventually, until } from "../support/eventually.ts";
import { type HandAttempt, HandExecutor } from "../support/hand-executor.ts";
import { bucketKeysOf, jobStub, objectIdOf, rowOf, storedIn, worldOf } from "../support/objects.ts";
import { files, manifest, noise } from "../support/uploads.ts";
import { failCalls } from "./support/calls.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const CODE = { code: "print('once')" };

const submit = (client: Client, key: string, body: unknown = CODE): Promise<Response> =>
  client.fetch("/submit", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
  });

const upload = (client: Client, key: string, body: BodyInit, contentType = CONTENT_TYPE): Promise<Response> =>
  client.fetch("/submit", {
    method: "POST",
    headers: { "content-type": contentType, "idempotency-key": key },
    body,
  });

const idOf = async (response: Response): Promise<string> => {
  const body = await response.json<{ job_id?: string }>();
  if (body.job_id === undefined) throw new Error(`refused: ${response.status} ${JSON.stringify(body)}`);
  return body.job_id;
};

const quotaOf = async (client: Client) => {
  const { your_quota } = await client.json<{ your_quota: Record<string, unknown> }>("/stats");
  return your_quota;
};

const finish = async (id: string): Promise<void> => (await executor.of(id)).finish();

type KeyStub = DurableObjectStub & {
  claimKey(key: string, claimId: string, jobId: string): Promise<unknown>;
};

/** What is kept under a client's keys. */
const keyStub = (client: Client): KeyStub => {
  const { IDEMPOTENCY_OBJECT: namespace } = testEnv;
  const name = JSON.stringify([`runs ${client.address}`]);
  return namespace.get(namespace.idFromName(name)) as unknown as KeyStub;
};

/** A body of which the last bytes come when the test says so, or never. */
const heldBody = (bytes: Uint8Array) => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const begun = writer.write(bytes.slice(0, -100));
  const complete = async (): Promise<void> => {
    await begun;
    await writer.write(bytes.slice(-100));
    await writer.close();
  };
  const breakOff = async (): Promise<void> => {
    await begun;
    await writer.abort(new Error("the client left"));
  };
  return { body: readable, complete, breakOff };
};

/** The attempt that comes next, of a run whose id was not told. */
const attemptBeside = (known: ReadonlySet<string>): Promise<HandAttempt> =>
  eventually("an attempt", () => [...executor.held].find(([id]) => !known.has(id))?.[1] ?? null);

const knownAttempts = (): ReadonlySet<string> => new Set(executor.held.keys());

describe("an Idempotency-Key", () => {
  it("makes a repeated request answer with the first one's run, for 24 hours", async () => {
    stopClock();
    const client = new Client();
    const first = await submit(client, '"key-1"');
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    const id = await idOf(first);
    await finish(id);
    moveClock(DAY_MS - 1);
    const again = await submit(client, '"key-1"');
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await idOf(again)).toBe(id);
    moveClock(1);
    const other = await idOf(await submit(client, '"key-1"'));
    expect(other).not.toBe(id);
    await finish(other);
  });

  it.each([
    ["bare", "abc", '"abc"'],
    ["with an escaped quote", '"a\\"b"', 'a"b'],
    ["with an escaped backslash", '"a\\\\b"', "a\\b"],
    ["between blanks", "  abc  ", "abc"],
    ["of 255 characters", "k".repeat(255), `"${"k".repeat(255)}"`],
  ])("%s is the same in its other form", async (_how, one, other) => {
    const client = new Client();
    const id = await idOf(await submit(client, one));
    expect(await idOf(await submit(client, other))).toBe(id);
    await finish(id);
  });

  it.each(["", '""', "two words", '"two words"', "a, b", "k".repeat(256)])(
    "that is %j is refused, and nothing is stored",
    async (key) => {
      const client = new Client();
      const before = await worldOf(client.address);
      await expectProblem(await submit(client, key), 400, "invalid_request");
      expect(await worldOf(client.address)).toEqual(before);
    },
  );

  it("of another client, and in other letters, is another key", async () => {
    const [one, two] = [new Client(), new Client()];
    const ids = [
      await idOf(await submit(one, "same")),
      await idOf(await submit(two, "same")),
      await idOf(await submit(one, "SAME")),
    ];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) await finish(id);
  });

  it("with another body is refused, and the first run goes on", async () => {
    const client = new Client();
    const id = await idOf(await submit(client, "used"));
    await expectProblem(await submit(client, "used", { code: "print('twice')" }), 422, "key_reused");
    await expectProblem(await submit(client, "used", { ...CODE, args: ["1"] }), 422, "key_reused");
    await expectProblem(await submit(client, "used", { nothing: 1 }), 422, "key_reused");
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    expect(await idOf(await submit(client, "used"))).toBe(id);
    await finish(id);
  });

  it("knows an upload again by its parts, whatever boundary is between them", async () => {
    const client = new Client();
    const parts = [files("main.py", "print(1)"), files("data/a.csv", "1,2"), manifest({ args: ["x"] })];
    const id = await idOf(await upload(client, "parts", multipart(parts)));
    const text = new TextDecoder().decode(multipart(parts));
    const rebound = text.replaceAll("----formBoundary7MA4", "another-boundary");
    const again = await upload(client, "parts", rebound, "multipart/form-data; boundary=another-boundary");
    expect([again.headers.get("idempotency-replayed"), await idOf(again)]).toEqual(["true", id]);
    for (const other of [
      [files("main.py", "print(2)"), files("data/a.csv", "1,2"), manifest({ args: ["x"] })],
      [files("main.py", "print(1)"), files("data/b.csv", "1,2"), manifest({ args: ["x"] })],
      [files("main.py", "print(1)"), files("data/a.csv", "1,2"), manifest({ args: ["y"] })],
      [files("main.py", "print(1)"), files("data/a.csv", "1,2")],
    ]) {
      await expectProblem(await upload(client, "parts", multipart(other)), 422, "key_reused");
    }
    await finish(id);
  });

  it("is in use while the first request is in flight, and answered once that is", async () => {
    const client = new Client();
    const whole = multipart([files("main.py", "print('slow')")]);
    const { body, complete } = heldBody(whole);
    const first = upload(client, "slow", body);
    await until("the claim", async () => (await storedIn(keyStub(client))) > 0);
    const refused = await upload(client, "slow", whole);
    expect(refused.headers.get("retry-after")).toBe("1");
    await expectProblem(refused, 409, "request_in_flight");
    await complete();
    const id = await idOf(await first);
    expect(await idOf(await upload(client, "slow", whole))).toBe(id);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    await finish(id);
  });

  it("makes a storm of fifty equal requests one run with one slot", async () => {
    const client = new Client();
    const before = await worldOf(client.address);
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit(client, "storm")));
    const ids = new Set<string>();
    for (const answer of answers) {
      if (answer.status === 409) await expectProblem(answer, 409, "request_in_flight");
      else ids.add(await idOf(answer));
    }
    expect(ids.size).toBe(1);
    expect((await worldOf(client.address)).jobs).toBe(before.jobs + 1);
    const [id = ""] = ids;
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    await finish(id);
    expect(await idOf(await submit(client, "storm"))).toBe(id);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 0, jobs_last_hour: 1 });
  });

  it("is free again after a refusal, for another body", async () => {
    const client = new Client();
    await expectProblem(await submit(client, "again", { code: 5 }), 400, "invalid_manifest");
    expect(await storedIn(keyStub(client))).toBe(0);
    const held = [await idOf(await submit(client, "a")), await idOf(await submit(client, "b"))];
    const rows = await storedIn(keyStub(client));
    await expectProblem(await submit(client, "again"), 429, "rate_limited");
    expect(await storedIn(keyStub(client))).toBe(rows);
    for (const id of held) await finish(id);
    await finish(await idOf(await submit(client, "again")));
  });

  it("answers as the first time after the run was deleted", async () => {
    const client = new Client();
    const first = await (await submit(client, "gone")).json<{ job_id: string }>();
    await finish(first.job_id);
    await (jobStub(first.job_id) as unknown as { remove(): Promise<void> }).remove();
    const again = await submit(client, "gone");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.json()).toEqual(first);
    expect((await client.fetch(`/status/${first.job_id}`)).status).toBe(404);
  });

  it("leaves nothing behind after 24 hours", async () => {
    stopClock();
    const client = new Client();
    await finish(await idOf(await submit(client, "day")));
    moveClock(DAY_MS);
    expect(await runDurableObjectAlarm(keyStub(client))).toBe(true);
    expect(await storedIn(keyStub(client))).toBe(0);
  });

  it("is forgotten in time while newer ones of its client stay", async () => {
    stopClock();
    const client = new Client();
    await finish(await idOf(await submit(client, "older")));
    const rows = await storedIn(keyStub(client));
    moveClock(DAY_MS / 2);
    const id = await idOf(await submit(client, "newer"));
    await finish(id);
    moveClock(DAY_MS / 2);
    expect(await runDurableObjectAlarm(keyStub(client))).toBe(true);
    expect(await storedIn(keyStub(client))).toBe(rows);
    expect(await idOf(await submit(client, "newer"))).toBe(id);
    moveClock(DAY_MS / 2);
    expect(await runDurableObjectAlarm(keyStub(client))).toBe(true);
    expect(await storedIn(keyStub(client))).toBe(0);
  });
});

const deadId = (): string => `job-${crypto.randomUUID().replaceAll("-", "")}`;

describe("the claim of a Worker that died", () => {
  it("holds the key for five minutes; then the same run is made", async () => {
    stopClock();
    const client = new Client();
    const jobId = deadId();
    await keyStub(client).claimKey("dead", "a-dead-request", jobId);
    moveClock(5 * MINUTE_MS - 1);
    await expectProblem(await submit(client, "dead"), 409, "request_in_flight");
    moveClock(1);
    expect(await idOf(await submit(client, "dead"))).toBe(jobId);
    expect(await idOf(await submit(client, "dead"))).toBe(jobId);
    await finish(jobId);
  });

  it("keeps its run for a right request, whatever wrong ones come in between", async () => {
    stopClock();
    const client = new Client();
    const jobId = deadId();
    await keyStub(client).claimKey("dead", "a-dead-request", jobId);
    moveClock(5 * MINUTE_MS);
    await expectProblem(await submit(client, "dead", { code: 5 }), 400, "invalid_manifest");
    expect(await idOf(await submit(client, "dead"))).toBe(jobId);
    await finish(jobId);
  });

  it("is forgotten a day after it lapsed", async () => {
    stopClock();
    const client = new Client();
    const stub = keyStub(client);
    await stub.claimKey("dead", "a-dead-request", deadId());
    moveClock(5 * MINUTE_MS);
    await runDurableObjectAlarm(stub);
    expect(await storedIn(stub)).toBeGreaterThan(0);
    moveClock(DAY_MS);
    await runDurableObjectAlarm(stub);
    expect(await storedIn(stub)).toBe(0);
  });

  it.each(["runs still", "has ended"])(
    "leads to the run that it had made, which %s, without a second slot or charge",
    async (how) => {
      stopClock();
      const client = new Client();
      const known = knownAttempts();
      failCalls(["completeKey", "lapseKey"], "lost");
      expect((await submit(client, "made")).status).toBe(500);
      const attempt = await attemptBeside(known);
      if (how === "has ended") await attempt.finish({ cpuSeconds: 2 });
      else await attempt.claim();
      moveClock(5 * MINUTE_MS);
      const id = await idOf(await submit(client, "made"));
      expect(attempt.request.attemptId.startsWith(objectIdOf(id))).toBe(true);
      expect(await quotaOf(client)).toMatchObject({
        active_jobs: how === "has ended" ? 0 : 1,
        jobs_last_hour: 1,
      });
      if (how === "runs still") await attempt.finish();
      expect(await client.status(id)).toMatchObject({ status: "completed" });
      expect(await quotaOf(client)).toMatchObject({ active_jobs: 0 });
      await expectProblem(await submit(client, "made", { code: "2" }), 422, "key_reused");
    },
  );
});

describe("a request whose outcome its client cannot know", () => {
  it.each([
    ["its answer could not be kept", ["completeKey"], "lost"],
    ["its answer was kept and that was not heard", ["completeKey"], "arriving"],
    ["the run could not be made", ["create", "create"], "lost"],
    ["the run was made and that was not heard", ["create", "create"], "arriving"],
  ] as const)("because %s, can be repeated at once, and makes one run", async (_why, calls, how) => {
    const client = new Client();
    const known = knownAttempts();
    failCalls(calls, how);
    expect((await submit(client, "lost")).status).toBe(500);
    const id = await idOf(await submit(client, "lost"));
    const attempt = await attemptBeside(known);
    expect(attempt.request.attemptId.startsWith(objectIdOf(id))).toBe(true);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    await attempt.finish();
    expect(await rowOf(id)).toMatchObject({ state: "succeeded" });
    expect([...executor.held.keys()].filter((one) => !known.has(one)).length).toBe(1);
  });

  it("because it broke off, can be repeated at once", async () => {
    const client = new Client();
    const whole = multipart([files("main.py", "print(1)")]);
    const { body, breakOff } = heldBody(whole);
    const first = upload(client, "broken", body).then(
      (response) => response.status,
      () => 0,
    );
    await until("the claim", async () => (await storedIn(keyStub(client))) > 0);
    await breakOff();
    expect(await first).not.toBe(200);
    const id = await idOf(await upload(client, "broken", whole));
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    await finish(id);
  });

  it("because it took too long and then broke off, takes nothing from the run of its retry", async () => {
    stopClock();
    const client = new Client();
    const whole = multipart([files("data.bin", noise(9 * 1_048_576)), files("main.py", "#".repeat(200))]);
    const { body, breakOff } = heldBody(whole);
    const first = upload(client, "late", body).then(
      (response) => response.status,
      () => 0,
    );
    await until("the slot", async () => (await quotaOf(client)).active_jobs === 1);
    moveClock(5 * MINUTE_MS);
    const id = await idOf(await upload(client, "late", whole));
    await breakOff();
    expect(await first).not.toBe(200);
    expect(await bucketKeysOf(`jobs/${objectIdOf(id)}`)).not.toEqual([]);
    expect(await quotaOf(client)).toMatchObject({ active_jobs: 1, jobs_last_hour: 1 });
    await finish(id);
  });
});
