import { runInDurableObject, SELF } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createClient, type LogRecord } from "../../../src/client/index.ts";
import { usageFrame } from "../../../src/wire/run-frames.ts";
import { Client, Watcher } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { type HandAttempt, HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub } from "../support/objects.ts";
import { allOf, eventsOf, FORMS } from "./support/forms.ts";
import { RefusedSocket } from "./support/refused-socket.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const KIB = 1024;
/** No watcher has more than this unsent: what it may lag, and the slice that took it there. */
const MOST_UNSENT_BYTES = 400 * KIB;
const STALL_MS = 30_000;
const PROTOCOL = "sandpiper.v1";

const start = async () => {
  const client = new Client();
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

const recordsIn = (watcher: Watcher): LogRecord[] =>
  watcher.frames.map((frame) => JSON.parse(frame) as LogRecord).filter((frame) => "seq" in frame);

const LINE = "0123456789abcde\n".repeat(1_024);

/** Prints so many records of 16 KiB. */
const print = async (attempt: HandAttempt, records: number): Promise<void> => {
  for (let printed = 0; printed < records; printed += 16) {
    const count = Math.min(16, records - printed);
    const entry = { type: "log", atMs: 1, stream: "stdout", data: LINE } as const;
    await attempt.report(...Array.from({ length: count }, () => entry));
  }
};

/** A watcher whose end of the socket takes nothing until it is accepted. */
const unreadSocket = async (client: Client, id: string): Promise<WebSocket> => {
  const headers = { upgrade: "websocket", "sec-websocket-protocol": PROTOCOL };
  const { webSocket } = await client.fetch(`/logs/${id}/stream`, { headers });
  if (webSocket === null) throw new Error("no socket");
  return webSocket;
};

/** What waits unsent in each of the job's sockets. */
const unsentBytes = (id: string): Promise<number[]> =>
  runInDurableObject(jobStub(id), (_instance, state) =>
    state
      .getWebSockets()
      .filter(({ readyState }) => readyState === WebSocket.OPEN)
      .map(({ bufferedAmount }) => bufferedAmount),
  );

describe("a hundred watchers of one run", () => {
  it("get the same records in order, those that came late too", async () => {
    const { client, id, attempt } = await start();
    const paths = Array.from({ length: 100 }, () => `/logs/${id}/stream?after=0`);
    const early = await Promise.all(paths.slice(50).map((path) => client.socket(path, PROTOCOL)));
    await print(attempt, 20);
    const late = await Promise.all(paths.slice(50).map((path) => client.socket(path, PROTOCOL)));
    await print(attempt, 20);
    await attempt.finish();
    const [first, ...others] = [...early, ...late];
    for (const watcher of [...early, ...late]) expect(await watcher.closed).toMatchObject({ code: 1000 });
    const expected = first === undefined ? [] : recordsIn(first);
    expect(expected.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    for (const watcher of others) expect(recordsIn(watcher)).toEqual(expected);
  }, 20_000);
});

describe("a watcher that does not read", () => {
  it("is sent little more than it can take, while the run and another watcher go on", async () => {
    const { client, id, attempt } = await start();
    const unread = await unreadSocket(client, id);
    const reader = await client.socket(`/logs/${id}/stream`, PROTOCOL);
    await print(attempt, 128);
    await until("the reader has all", () => recordsIn(reader).length === 128);
    const unsent = Math.max(...(await unsentBytes(id)));
    expect(unsent).toBeGreaterThan(0);
    expect(unsent).toBeLessThan(MOST_UNSENT_BYTES);
    await attempt.finish();
    expect(await reader.closed).toMatchObject({ code: 1000 });
    unread.accept();
    unread.close(1000);
  }, 20_000);

  it("is let go after half a minute, with the reason, and can resume where it stood", async () => {
    stopClock();
    const { client, id, attempt } = await start();
    const unread = await unreadSocket(client, id);
    await print(attempt, 64);
    await until("unsent text", async () => ((await unsentBytes(id))[0] ?? 0) > 0);
    moveClock(STALL_MS);
    await until("it was let go", async () => (await unsentBytes(id)).length === 0);
    const seen: LogRecord[] = [];
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      unread.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    unread.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as LogRecord;
      if ("seq" in frame) seen.push(frame);
    });
    unread.accept();
    const last = await closed.then(({ code, reason }) => {
      expect(code).toBe(1013);
      return /^too slow; resume with after=(\d+)$/.exec(reason)?.[1];
    });
    expect(last).toBe(String(seen.length));
    await attempt.finish();
    const rest = await client.socket(`/logs/${id}/stream?after=${last}`, PROTOCOL);
    expect(await rest.closed).toMatchObject({ code: 1000 });
    expect([...seen, ...recordsIn(rest)].map(({ seq }) => seq)).toEqual(
      Array.from({ length: 64 }, (_, at) => at + 1),
    );
  }, 20_000);

  it("gets the rest where it reads again before the half minute is over", async () => {
    stopClock();
    const { client, id, attempt } = await start();
    const unread = await unreadSocket(client, id);
    await print(attempt, 64);
    await until("unsent text", async () => ((await unsentBytes(id))[0] ?? 0) > 0);
    moveClock(STALL_MS - 1_000);
    await scheduler.wait(100);
    const watcher = new Watcher(unread);
    await until("it has all", () => recordsIn(watcher).length === 64);
    moveClock(STALL_MS);
    await attempt.finish();
    expect(await watcher.closed).toMatchObject({ code: 1000 });
  }, 20_000);
});

describe("idle watchers", () => {
  it("stay through any number of sleeps of their object, and get what comes then in order", async () => {
    const { client, id, attempt } = await start();
    const watchers = await Promise.all([
      client.socket(`/logs/${id}/stream`, PROTOCOL),
      client.socket(`/logs/${id}/stream?after=0`, PROTOCOL),
      client.socket(`/ws/${id}`, PROTOCOL),
    ]);
    const events = FORMS.find(([name]) => name === "Server-Sent Events")?.[1];
    if (events === undefined) throw new Error("there is no such form");
    const told = allOf(events, client, id);
    for (let round = 0; round < 3; round++) {
      await evict(id);
      await attempt.log(`out ${round}\n`);
      await attempt.log(`err ${round}\n`, "stderr");
    }
    await evict(id);
    await attempt.finish();
    const expected = [0, 1, 2].flatMap((round) => [
      { seq: 2 * round + 1, stream: "stdout", data: `out ${round}\n` },
      { seq: 2 * round + 2, stream: "stderr", data: `err ${round}\n` },
    ]);
    for (const watcher of watchers) {
      expect(await watcher.closed).toMatchObject({ code: 1000 });
      expect(recordsIn(watcher)).toMatchObject(expected);
    }
    expect(await told).toMatchObject(expected);
  }, 20_000);
});

describe("what a running program uses", () => {
  it("is told to readers of frames and events, once it has run for a second and then once a second, and is no log", async () => {
    const { client, id, attempt } = await start();
    await attempt.started();
    const typed = await client.socket(`/logs/${id}/stream`, PROTOCOL);
    const plain = await client.socket(`/stream/${id}`);
    const read: Record<string, string>[] = [];
    const reading = (async () => {
      for await (const event of eventsOf(await client.fetch(`/logs/${id}/events`))) read.push(event);
    })();
    await until("the events", () => read.length > 0);
    const records: LogRecord[] = [];
    const logs = createClient({
      baseUrl: "http://sandpiper.test",
      fetch: (url, init) => SELF.fetch(url, init as RequestInit),
      WebSocket: RefusedSocket,
    }).logs(id);
    const logging = (async () => {
      for await (const record of logs) records.push(record);
    })();
    const { attemptToken } = attempt.request;
    const use = (cpuSeconds: number, memoryPeakBytes?: number) =>
      attempt.post([], attemptToken, {
        cpuSeconds,
        ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
      });
    await use(0.1, 1_000);
    moveClock(1_200);
    await use(0.2, 2_000);
    await use(0.3, 3_000);
    moveClock(2_600);
    await use(0.4);
    await attempt.log("printed\n");
    await attempt.finish();
    await Promise.all([typed.closed, plain.closed, reading, logging]);
    const told = typed.frames.map((frame) => JSON.parse(frame)).filter(({ type }) => type === "usage");
    expect(told).toMatchObject([
      { cpu_seconds: 0.2, memory_peak_bytes: 2_000, wall_time_ms: expect.any(Number) },
      { cpu_seconds: 0.4, memory_peak_bytes: null },
    ]);
    for (const frame of told) expect(usageFrame.parse(frame)).toEqual(frame);
    expect(plain.text).not.toContain("cpu_seconds");
    const events = read.filter(({ event }) => event === "usage");
    expect(events.map(({ data, id: seq }) => [JSON.parse(data ?? ""), seq])).toEqual(
      told.map((frame) => [frame, undefined]),
    );
    expect(records.map(({ data }) => data)).toEqual(["printed\n"]);
  });
});
