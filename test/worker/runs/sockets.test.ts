import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { Client, type Watcher } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { type HandAttempt, HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub } from "../support/objects.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const PROTOCOL = "sandpiper.v1";

const start = async () => {
  const client = new Client();
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

const finished = async (write: (attempt: HandAttempt) => Promise<void>, exitCode = 0) => {
  const run = await start();
  await write(run.attempt);
  await run.attempt.finish({ exitCode, cpuSeconds: 0.25, memoryPeakBytes: 3 * 1_048_576 });
  return run;
};

const typed = (watcher: Watcher): Record<string, unknown>[] =>
  watcher.frames.map((frame) => JSON.parse(frame) as Record<string, unknown>);

const logsIn = (watcher: Watcher): Record<string, unknown>[] =>
  typed(watcher).filter((frame) => "seq" in frame);

const twoStreams = async (attempt: HandAttempt): Promise<void> => {
  await attempt.log("one\n");
  await attempt.log("two\n", "stderr");
  await attempt.log("three\n");
};

describe("the log text alone, at /logs/{id}/stream", () => {
  it("comes as it is produced, and nothing else, and the socket closes with 1000", async () => {
    const { client, id, attempt } = await start();
    const watcher = await client.socket(`/logs/${id}/stream`);
    await attempt.started();
    await attempt.log("no newline");
    await watcher.until("no newline");
    await attempt.log("\x1b[1mé\n", "stderr");
    await watcher.until("é\n");
    await attempt.finish();
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.text).toBe("no newline\x1b[1mé\n");
  });

  it("comes once to who comes late", async () => {
    const { client, id } = await finished(twoStreams);
    const watcher = await client.socket(`/logs/${id}/stream`);
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.text).toBe("one\ntwo\nthree\n");
  });

  it("is empty for a job that said nothing", async () => {
    const { client, id } = await finished(async () => undefined);
    const watcher = await client.socket(`/logs/${id}/stream`);
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.frames).toEqual([]);
  });
});

describe.each(["/stream/", "/ws/"])("the log with control lines, at %s{id}", (path) => {
  it("tells the state, marks where the stream changes, and ends with the figures", async () => {
    const client = new Client();
    executor.isDown = true;
    const id = await client.submit();
    await until("queued again", async () => (await client.status(id)).status === "queued");
    const watcher = await client.socket(path + id);
    await watcher.until("[STATUS] Job status: queued\n");
    executor.isDown = false;
    const attempt = await executor.of(id);
    await twoStreams(attempt);
    await attempt.finish({ cpuSeconds: 0.25, memoryPeakBytes: 3 * 1_048_576 });
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(
      watcher.text.replaceAll(/(\[STATUS\] Job (status: )?queued\n|\[STATUS\] Job started\n)/g, ""),
    ).toBe("one\n[STDERR]\ntwo\n[STDOUT]\nthree\n[DONE] Job completed (exit=0, CPU=0.250000s, Mem=3MB)\n");
    expect(watcher.text.indexOf("[STATUS] Job started\n")).toBeLessThan(watcher.text.indexOf("one\n"));
  });

  it("gives who comes late everything once", async () => {
    const { client, id } = await finished(twoStreams, 2);
    const watcher = await client.socket(path + id);
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.text).toBe(
      "[STATUS] Job status: failed\none\n[STDERR]\ntwo\n[STDOUT]\nthree\n" +
        "[DONE] Job failed (exit=2, CPU=0.250000s, Mem=3MB)\n",
    );
  });

  it("says of an unknown job that it is unknown, and closes with 4404", async () => {
    for (const id of [`job-${"0".repeat(32)}`, "job_1_1", "%3Cscript%3E"]) {
      const watcher = await new Client().socket(path + id);
      expect(await watcher.closed).toMatchObject({ code: 4404 });
      expect(watcher.text).toBe(`[ERROR] Job not found: ${id}\n`);
    }
  });

  it("ends without figures for a job that never ran", async () => {
    executor.isDown = true;
    const client = new Client();
    const id = await client.submit();
    await until("queued again", async () => (await client.status(id)).status === "queued");
    const watcher = await client.socket(path + id);
    await client.post(`/cancel/${id}`, {});
    executor.isDown = false;
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.text).toMatch(/\[DONE\] Job failed\n$/);
  });
});

describe("typed frames, by the subprotocol sandpiper.v1", () => {
  it("are JSON with numbers, and the subprotocol is echoed", async () => {
    const { client, id, attempt } = await start();
    const response = await client.fetch(`/stream/${id}`, {
      headers: { upgrade: "websocket", "sec-websocket-protocol": `other, ${PROTOCOL}` },
    });
    expect([response.status, response.headers.get("sec-websocket-protocol")]).toEqual([101, PROTOCOL]);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    const watcher = await client.socket(`/logs/${id}/stream`, PROTOCOL);
    await attempt.log("one\n");
    await attempt.log("two\n", "stderr");
    await attempt.finish({ exitCode: 3 });
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(typed(watcher)).toEqual([
      expect.objectContaining({ type: "status", status: "running", attempt: 1 }),
      { seq: 1, at: expect.any(Number), stream: "stdout", data: "one\n" },
      { seq: 2, at: expect.any(Number), stream: "stderr", data: "two\n" },
      {
        type: "end",
        status: "failed",
        exit_code: 3,
        termination_reason: "exit",
        truncated: false,
        last_seq: 2,
      },
    ]);
  });

  it("are not chosen, and no subprotocol echoed, for a client that offers none of ours", async () => {
    const { client, id } = await start();
    const response = await client.fetch(`/stream/${id}`, {
      headers: { upgrade: "WebSocket", "sec-websocket-protocol": "chat" },
    });
    expect([response.status, response.headers.get("sec-websocket-protocol")]).toEqual([101, null]);
    response.webSocket?.accept();
    response.webSocket?.close(1000);
  });

  it("resume behind a number without loss or repetition, while it runs and after it ended", async () => {
    const { client, id, attempt } = await start();
    for (let n = 1; n <= 5; n++) await attempt.log(`line ${n}\n`);
    const live = await client.socket(`/stream/${id}?after=3`, PROTOCOL);
    await live.until("line 5");
    await attempt.log("line 6\n");
    await attempt.finish();
    await live.closed;
    expect(logsIn(live).map(({ seq }) => seq)).toEqual([4, 5, 6]);
    for (const [after, seqs] of [
      ["0", [1, 2, 3, 4, 5, 6]],
      ["5", [6]],
      ["6", []],
      ["99", []],
    ] as const) {
      const late = await client.socket(`/stream/${id}?after=${after}`, PROTOCOL);
      await late.closed;
      expect(logsIn(late).map(({ seq }) => seq)).toEqual(seqs);
    }
  });

  it("say that a job is unknown", async () => {
    const watcher = await new Client().socket(`/ws/job-${"0".repeat(32)}`, PROTOCOL);
    expect(await watcher.closed).toMatchObject({ code: 4404 });
    expect(typed(watcher)).toEqual([{ type: "error", error: `Job not found: job-${"0".repeat(32)}` }]);
  });
});

describe("watchers", () => {
  it("of every kind see the same log, whenever they come", async () => {
    const { client, id, attempt } = await start();
    const early = await Promise.all([
      client.socket(`/logs/${id}/stream`),
      client.socket(`/stream/${id}`),
      client.socket(`/ws/${id}`, PROTOCOL),
    ]);
    await attempt.log("first\n");
    const later = await Promise.all([
      client.socket(`/logs/${id}/stream`),
      client.socket(`/ws/${id}`, PROTOCOL),
    ]);
    await attempt.log("second\n");
    await attempt.finish();
    for (const watcher of [...early, ...later]) {
      expect(await watcher.closed).toMatchObject({ code: 1000 });
      expect(watcher.text.split("first").length - 1).toBe(1);
      expect(watcher.text.split("second").length - 1).toBe(1);
      expect(watcher.text.indexOf("first")).toBeLessThan(watcher.text.indexOf("second"));
    }
  });

  it("stay connected while their object sleeps, and miss nothing", async () => {
    const { client, id, attempt } = await start();
    const watchers = await Promise.all([
      client.socket(`/stream/${id}`),
      client.socket(`/logs/${id}/stream`, PROTOCOL),
    ]);
    await attempt.log("before\n");
    await evict(id);
    await attempt.log("between\n", "stderr");
    await evict(id);
    await attempt.finish();
    const [lines, frames] = watchers;
    expect(await lines?.closed).toMatchObject({ code: 1000 });
    expect(await frames?.closed).toMatchObject({ code: 1000 });
    expect(lines?.text).toMatch(
      /^\[STATUS\] Job status: running\nbefore\n\[STDERR\]\nbetween\n\[DONE\] Job completed \(.*\)\n$/,
    );
    expect(frames && logsIn(frames).map(({ seq, data }) => [seq, data])).toEqual([
      [1, "before\n"],
      [2, "between\n"],
    ]);
  });

  it("that talk are not listened to", async () => {
    const { client, id, attempt } = await start();
    const response = await client.fetch(`/logs/${id}/stream`, { headers: { upgrade: "websocket" } });
    const socket = response.webSocket;
    if (socket === null) throw new Error("no socket");
    const seen: string[] = [];
    socket.accept();
    socket.addEventListener("message", (event) => seen.push(String(event.data)));
    socket.send("hello?");
    socket.send(new Uint8Array([1, 2, 3]));
    socket.send("[DONE]".repeat(1_000));
    await attempt.log("log\n");
    await until("the log", () => seen.length > 0);
    expect(seen).toEqual(["log\n"]);
    socket.close(4000, "bye");
    await attempt.log("more\n");
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("that talk without end are closed", async () => {
    const { client, id, attempt } = await start();
    const response = await client.fetch(`/stream/${id}`, { headers: { upgrade: "websocket" } });
    const socket = response.webSocket;
    if (socket === null) throw new Error("no socket");
    socket.accept();
    let code = 0;
    socket.addEventListener("close", (event) => {
      code = event.code;
    });
    for (let count = 0; count < 100; count++) socket.send("x");
    await evict(id);
    await scheduler.wait(100);
    expect(code).toBe(0);
    socket.send("x");
    await until("the close", () => code !== 0);
    expect(code).toBe(1008);
    await attempt.finish();
  });

  it("hear that a lost attempt is made again, and then the new one's log", async () => {
    stopClock();
    const { client, id, attempt } = await start();
    await attempt.log("lost\n");
    const watcher = await client.socket(`/stream/${id}`);
    const stub = jobStub(id);
    moveClock(45_000);
    await evict(id);
    await (stub as unknown as { catchUp(): Promise<unknown> }).catchUp();
    const second = await executor.of(id);
    await second.log("kept\n");
    await second.finish();
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(watcher.text).toMatch(
      /lost\n\[STATUS\] Job queued\n\[STATUS\] Job started\nkept\n\[DONE\] Job completed/,
    );
  });

  it("are told when the job is deleted under them", async () => {
    const { client, id } = await start();
    const watcher = await client.socket(`/stream/${id}`);
    executor.isDown = true;
    await (jobStub(id) as unknown as { remove(): Promise<void> }).remove();
    executor.isDown = false;
    expect(await watcher.closed).toMatchObject({ code: 4404 });
  });

  it("get a long log in frames of a size that clients take", async () => {
    const run = await start();
    const piece = "0123456789abcde\n".repeat(4_096);
    for (let count = 0; count < 24; count++) await run.attempt.log(piece);
    await run.attempt.finish();
    for (const path of [`/logs/${run.id}/stream`, `/stream/${run.id}`]) {
      const watcher = await run.client.socket(path);
      await watcher.closed;
      const text = watcher.frames.filter((frame) => !frame.startsWith("[")).join("");
      expect(text.length).toBe(24 * piece.length);
      expect(Math.max(...watcher.frames.map((frame) => frame.length))).toBeLessThan(1_048_576);
    }
  });
});

describe("a request to a stream's path", () => {
  it.each(["/logs/ID/stream", "/stream/ID", "/ws/ID"])(
    "that is no upgrade is answered with 426 at %s",
    async (path) => {
      const { client, id } = await start();
      const response = await client.fetch(path.replace("ID", id));
      expect(response.headers.get("upgrade")).toBe("websocket");
      await expectProblem(response, 426, "upgrade_required");
    },
  );

  it.each(["-1", "1.5", "x", "", "1e3", "99999999999999999999"])(
    "with after=%s is refused",
    async (after) => {
      const { client, id } = await start();
      const headers = { upgrade: "websocket" };
      const response = await client.fetch(`/stream/${id}?after=${after}`, { headers });
      await expectProblem(response, 400, "invalid_request");
    },
  );
});
