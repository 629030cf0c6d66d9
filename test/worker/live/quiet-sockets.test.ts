import { runDurableObjectAlarm, SELF } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createClient,
  type LogRecord,
  type SandpiperError,
  type SocketLike,
} from "../../../src/client/index.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { alarmOf, evict, jobStub } from "../support/objects.ts";
import { RefusedSocket } from "./support/refused-socket.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const PROTOCOL = "sandpiper.v1";

const watched = async (client: Client, id: string) => ({
  text: await client.socket(`/logs/${id}/stream`),
  lines: await client.socket(`/stream/${id}`),
  typed: await client.socket(`/stream/${id}`, PROTOCOL),
});

describe("a socket that is quiet for 25 seconds", () => {
  it("is sent a frame without news while the run waits, also from sleep", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    const { text, lines, typed } = await watched(client, id);
    await until("the greeting", () => typed.frames.length > 0 && lines.frames.length > 0);
    const greeted = [...lines.frames];
    expect(((await alarmOf(jobStub(id))) ?? 0) - Date.now()).toBeLessThanOrEqual(25_000);
    for (let beat = 1; beat <= 2; beat++) {
      moveClock(25_000);
      await evict(id);
      expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
      await until("a ping", () => text.frames.length === beat && typed.frames.length === 1 + beat);
    }
    expect(text.frames).toEqual(["", ""]);
    expect(lines.frames).toEqual([...greeted, "", ""]);
    expect(new Set(typed.frames).size).toBe(1);
    await (await executor.of(id)).finish();
    await text.closed;
    expect(((await alarmOf(jobStub(id))) ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
  });

  it("is sent one with the reports of a program that prints nothing, and none where it prints", async () => {
    stopClock();
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await attempt.started();
    const { text } = await watched(client, id);
    await attempt.log("a\n");
    await until("the log", () => text.text === "a\n");
    moveClock(24_999);
    await attempt.report();
    moveClock(1);
    await attempt.report();
    await until("a ping", () => text.frames.length === 2);
    moveClock(10_000);
    await attempt.log("b\n");
    await until("the log", () => text.text === "a\nb\n");
    moveClock(20_000);
    await attempt.report();
    await attempt.finish();
    await text.closed;
    expect(text.frames).toEqual(["a\n", "", "b\n"]);
  });
});

describe("the client's live log", () => {
  const clientWith = (WebSocket?: new () => SocketLike) =>
    createClient({
      baseUrl: "http://sandpiper.test",
      fetch: (url, init) => SELF.fetch(url, init as RequestInit),
      ...(WebSocket === undefined ? {} : { WebSocket }),
    });

  it("comes as Server-Sent Events where no socket opens, and says why", async () => {
    const id = await new Client().submit();
    const attempt = await executor.of(id);
    const reasons: SandpiperError[] = [];
    const records: LogRecord[] = [];
    const reading = (async () => {
      const options = { onFallback: (reason: SandpiperError) => reasons.push(reason) };
      for await (const record of clientWith(RefusedSocket).logs(id, options)) records.push(record);
    })();
    await attempt.log("one\n");
    await until("the first record", () => records.length === 1);
    await attempt.log("two\n", "stderr");
    await attempt.finish();
    await reading;
    expect(records.map(({ seq, stream, data }) => [seq, stream, data])).toEqual([
      [1, "stdout", "one\n"],
      [2, "stderr", "two\n"],
    ]);
    expect(reasons.map(({ code, cause }) => [code, String(cause)])).toEqual([
      ["no_upgrade", "Error: the log socket did not open, closed with 1006: status 400"],
    ]);
  });

  it("of no job says so either way", async () => {
    const logs = clientWith(RefusedSocket).logs(`job-${"0".repeat(32)}`);
    await expect(logs.next()).rejects.toMatchObject({ code: "job_not_found" });
  });
});
