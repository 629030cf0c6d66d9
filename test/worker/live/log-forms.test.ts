import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/client/index.ts";
import { LEASE_MS } from "../../../src/wire/limits.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { type HandAttempt, HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub } from "../support/objects.ts";
import { allOf, eventsOf, FORMS } from "./support/forms.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const MIB = 1_048_576;

/** Small and large pieces of both streams, so that they lie in several stored chunks. */
const PIECES = Array.from({ length: 10 }, (_, at) => ({
  stream: at % 3 === 2 ? ("stderr" as const) : ("stdout" as const),
  data: at % 4 === 3 ? `${at} ${"é😀\n".repeat(1_200)}` : `${at}: a line without its end`,
}));
const COUNT = PIECES.length;

const start = async () => {
  const client = new Client();
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

const print = async (attempt: HandAttempt, pieces: readonly (typeof PIECES)[number][]): Promise<void> => {
  for (const { data, stream } of pieces) await attempt.log(data, stream);
};

const shown = (records: readonly LogRecord[]) =>
  records.map(({ seq, stream, data }) => ({ seq, stream, data }));

const EXPECTED = PIECES.map((piece, at) => ({ seq: at + 1, ...piece }));

describe("a reader of any form", { timeout: 30_000 }, () => {
  it("that is cut off behind any record and comes back has every record once, live and late", async () => {
    const { client, id, attempt } = await start();
    await print(attempt, PIECES);
    const cutEverywhere = async (amountOf: (cut: number) => number | "all"): Promise<void> => {
      for (let cut = 0; cut <= COUNT; cut++) {
        for (const [name, form] of FORMS) {
          const before = await form(client, id, 0, cut);
          const behind = await form(client, id, cut, amountOf(cut));
          const records = shown([...before.records, ...behind.records]);
          expect([name, cut, ...records]).toEqual([name, cut, ...EXPECTED]);
        }
        if (cut === COUNT / 2) await evict(id);
      }
    };
    await cutEverywhere((cut) => COUNT - cut);
    await attempt.finish();
    await cutEverywhere(() => "all");
  });
});

describe.each(FORMS)("a reader of %s", { timeout: 20_000 }, (_name, form) => {
  it("that is cut off behind every single record misses nothing that was printed meanwhile", async () => {
    const { client, id, attempt } = await start();
    const seen: LogRecord[] = [];
    const comeBack = async (): Promise<void> => {
      const { records } = await form(client, id, seen.at(-1)?.seq ?? 0, 1);
      seen.push(...records);
    };
    for (let at = 0; at < COUNT; at += 2) {
      await print(attempt, PIECES.slice(at, at + 2));
      await comeBack();
    }
    while (seen.length < COUNT) await comeBack();
    await attempt.finish();
    expect(shown(seen)).toEqual(EXPECTED);
    expect((await form(client, id, COUNT, "all")).records).toEqual([]);
  });

  it("goes on with the numbers when a lost attempt is made again", async () => {
    stopClock();
    const { client, id, attempt } = await start();
    await attempt.log("lost 1\n");
    await attempt.log("lost 2\n", "stderr");
    const before = await form(client, id, 0, 1);
    moveClock(LEASE_MS);
    await runDurableObjectAlarm(jobStub(id));
    const second = await executor.of(id);
    await second.log("kept 3\n");
    const behind = await form(client, id, 1, 2);
    await second.log("kept 4\n");
    await second.finish();
    const rest = await form(client, id, 3, "all");
    expect(shown([...before.records, ...behind.records, ...rest.records])).toEqual([
      { seq: 1, stream: "stdout", data: "lost 1\n" },
      { seq: 2, stream: "stderr", data: "lost 2\n" },
      { seq: 3, stream: "stdout", data: "kept 3\n" },
      { seq: 4, stream: "stdout", data: "kept 4\n" },
    ]);
  });
});

describe("the records of a log", { timeout: 30_000 }, () => {
  it("are identical in every form, while the job runs and afterwards", async () => {
    const { client, id, attempt } = await start();
    await print(attempt, PIECES);
    const live = await Promise.all(FORMS.map(([, form]) => form(client, id, 0, COUNT)));
    await attempt.finish();
    const late = await Promise.all(FORMS.map(([, form]) => allOf(form, client, id)));
    const [first, ...others] = [...live.map(({ records }) => records), ...late];
    expect(shown(first ?? [])).toEqual(EXPECTED);
    for (const records of others) expect(records).toEqual(first);

    const text = PIECES.map(({ data }) => data).join("");
    const plain = await client.fetch(`/logs/${id}?format=text`);
    expect(plain.headers.get("x-truncated")).toBeNull();
    expect(await plain.text()).toBe(text);
    const socket = await client.socket(`/logs/${id}/stream`);
    expect(await socket.closed).toEqual({ code: 1000, reason: "end of log" });
    expect(socket.text).toBe(text);
    const logs = await client.json(`/logs/${id}`);
    for (const stream of ["stdout", "stderr"] as const) {
      const own = PIECES.filter((piece) => piece.stream === stream);
      expect(logs[stream]).toBe(own.map(({ data }) => data).join(""));
    }
    expect(logs).toMatchObject({ truncated: false, next: COUNT });
  });

  it("end in the last of many, however many came before, for a reader of events that comes late", async () => {
    const { client, id, attempt } = await start();
    const lines = Array.from({ length: 3_000 }, (_, at) => `line ${at}\n`);
    for (let at = 0; at < lines.length; at += 1_000) {
      const entries = lines.slice(at, at + 1_000);
      await attempt.report(
        ...entries.map((data) => ({ type: "log", atMs: 1, stream: "stdout", data }) as const),
      );
    }
    await attempt.finish();
    for (const [, form] of FORMS) {
      const { records, end } = await form(client, id, 0, "all");
      expect(records.map(({ data }) => data)).toEqual(lines);
      expect(end).not.toBeNull();
    }
  });

  it("end at the cap, and say so in every form", async () => {
    const { client, id, attempt } = await start();
    const piece = "0123456789abcde\n".repeat(16_384);
    for (let n = 0; n < 41; n++) await attempt.log(piece);
    await attempt.finish({ reason: "output_limit", exitCode: null });
    for (const [, form] of FORMS) {
      const { records, end } = await form(client, id, 0, "all");
      expect(end).toMatchObject({ truncated: true });
      expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
      expect(records.reduce((total, { data }) => total + data.length, 0)).toBe(10 * MIB);
    }
  });

  it("of a truncated log are marked so in the forms without numbers, too", async () => {
    const { client, id, attempt } = await start();
    await attempt.log("é".repeat(100_000));
    await attempt.finish({
      reason: "output_limit",
      exitCode: null,
      truncated: { stdout: true, stderr: false },
    });
    const text = await client.fetch(`/logs/${id}`, { headers: { accept: "text/plain" } });
    expect(text.headers.get("x-truncated")).toBe("true");
    expect(await client.json(`/logs/${id}`)).toMatchObject({ truncated: true });
    const plain = await client.socket(`/logs/${id}/stream`);
    expect(await plain.closed).toEqual({ code: 1000, reason: "end of log, truncated" });
    const lines = await client.socket(`/stream/${id}`);
    expect(await lines.closed).toEqual({ code: 1000, reason: "end of log, truncated" });
    expect(lines.text).toContain("[TRUNCATED] Output passed its cap\n");
  });
});

/** How many watchers the job's object has. */
const socketsOf = (id: string): Promise<number> =>
  runInDurableObject(jobStub(id), (_instance, state) => state.getWebSockets().length);

describe("an event stream", { timeout: 20_000 }, () => {
  it("tells states as they change, and numbers its records and marks its end", async () => {
    const { client, id, attempt } = await start();
    const response = await client.fetch(`/logs/${id}/events`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store, no-transform");
    await attempt.log("one\n");
    await attempt.finish({ exitCode: 4 });
    const events: Record<string, string>[] = [];
    for await (const event of eventsOf(response)) events.push(event);
    expect(events.map(({ event, id: seq }) => [event, seq])).toEqual([
      ["status", undefined],
      ["log", "1"],
      ["end", "end"],
    ]);
    expect(JSON.parse(events.at(-1)?.data ?? "")).toMatchObject({
      status: "failed",
      exit_code: 4,
      last_seq: 1,
    });
  });

  it("is whole for a reader that pauses while far more comes than may wait unread", async () => {
    const { client, id, attempt } = await start();
    const lines = Array.from({ length: 5_000 }, (_, at) => `line ${at} ${"x".repeat(100)}\n`);
    const printThousand = (at: number): Promise<void> =>
      attempt.report(
        ...lines
          .slice(at, at + 1_000)
          .map((data) => ({ type: "log", atMs: 1, stream: "stdout", data }) as const),
      );
    await printThousand(0);
    const events = eventsOf(await client.fetch(`/logs/${id}/events`));
    const seen: Record<string, string>[] = [];
    for await (const event of events) {
      seen.push(event);
      if (seen.length !== 200) continue;
      for (const at of [1_000, 2_000, 3_000, 4_000]) await printThousand(at);
      await until("no socket for who does not read", async () => (await socketsOf(id)) === 0);
      await attempt.finish();
    }
    expect(seen.at(-1)).toMatchObject({ event: "end" });
    const logs = seen.filter(({ event }) => event === "log");
    expect(logs.map(({ data = "" }) => (JSON.parse(data) as LogRecord).data)).toEqual(lines);
  });

  it.each(["-1", "x", "1e3", "1.5"])("refuses to resume behind %s", async (seq) => {
    const { client, id } = await start();
    const response = await client.fetch(`/logs/${id}/events`, { headers: { "last-event-id": seq } });
    expect(response.status).toBe(400);
    expect((await client.fetch(`/logs/${id}?after=${seq}`)).status).toBe(400);
  });
});
