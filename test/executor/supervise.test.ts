import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createRecordReader } from "../../executor/sandbox/launcher.ts";
import type { Sandbox } from "../../executor/sandbox/sandbox.ts";
import { supervise } from "../../executor/supervise.ts";

const limits = {
  timeoutMs: 5_000,
  cpuMs: 1_000,
  memoryBytes: 1_000_000,
  workspaceBytes: 1_000_000,
  outputBytesPerStream: 1_000,
  outputFiles: 1,
  outputFileBytes: 1,
  outputTotalBytes: 1,
};
const TIMES = "0m0.000s 0m0.000s\n0m0.010s 0m0.000s\n";

/** A sandbox whose launcher says what the test says, as if a program had taken it. */
const createTakenSandbox = () => {
  const ended = Promise.withResolvers<number | null>();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let usage = { cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 };
  let isKilled = false;
  const end = (status: number | null): void => {
    sandbox.onEnd();
    stdout.resume().destroy();
    stderr.resume().destroy();
    ended.resolve(status);
  };
  const sandbox: Sandbox = {
    stdout,
    stderr,
    orders: new PassThrough(),
    archive: new PassThrough(),
    input: new PassThrough(),
    proceed: () => undefined,
    onRecord: () => undefined,
    onForged: () => undefined,
    onEnd: () => undefined,
    limitMemory: () => undefined,
    usage: () => usage,
    lastUsage: () => usage,
    signalProgram: () => undefined,
    kill: () => {
      if (!isKilled) setImmediate(() => end(null));
      isKilled = true;
    },
    ended: ended.promise,
    closed: ended.promise.then(() => undefined),
  };
  const reader = createRecordReader(
    (record) => sandbox.onRecord(record),
    () => sandbox.onForged(),
  );
  return {
    sandbox,
    say: (text: string) => reader(Buffer.from(text, "latin1")),
    use: (cpuUs: number) => {
      usage = { ...usage, cpuUs };
    },
    isKilled: () => isKilled,
    end,
  };
};

const watch = () => {
  const taken = createTakenSandbox();
  const events = { onStarted: () => undefined, onOutput: () => undefined, onExited: () => undefined };
  const { done } = supervise(taken.sandbox, limits, events);
  return { ...taken, done };
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a program that speaks in its launcher's place", () => {
  it.each([
    ["an endless record", `\x01exited ${"9".repeat(10_000)}`],
    ["a flood of records", "\x01started\0".repeat(2_000)],
    ["bytes that are no record", "\xff\xfe\0"],
    ["a status beyond 255", `\x01exited 999 ${TIMES}\0`],
    ["a time that is not finite", "\x01exited 0 99999999999m0.000s 0m0.000s\n0m0.000s 0m0.000s\n\0"],
  ])("ends itself with %s, as if it were killed, and pays", async (_what, text) => {
    const { say, use, isKilled, done } = watch();
    say("\x01ready\0\x01started\0");
    use(300_000);
    say(text);
    expect(isKilled()).toBe(true);
    const { ending, figures } = await done;
    expect(ending).toMatchObject({ reason: "signal", exitCode: 137, signal: "SIGKILL" });
    expect(figures.cpuUs).toBe(300_000);
  });

  it("cannot blame its inputs once it runs", async () => {
    const { say, use, isKilled, end, done } = watch();
    say("\x01ready\0\x01started\0");
    use(300_000);
    say("\x01refused\0");
    expect(isKilled()).toBe(false);
    say(`\x01exited 3 ${TIMES}\0`);
    end(3);
    const { ending, figures } = await done;
    expect(ending).toMatchObject({ reason: "exit", exitCode: 3 });
    expect(figures.cpuUs).toBe(300_000);
  });

  it("ends once: what it says of its end later changes nothing", async () => {
    const { say, end, done } = watch();
    say(`\x01ready\0\x01started\0\x01exited 3 ${TIMES}\0\x01exited 0 ${TIMES}\0`);
    end(0);
    expect((await done).ending).toMatchObject({ reason: "exit", exitCode: 3 });
  });

  it("has not ended before it started", async () => {
    const { say, end, done } = watch();
    say(`\x01ready\0\x01exited 0 ${TIMES}\0`);
    end(0);
    expect((await done).ending).toMatchObject({ reason: "infrastructure" });
  });

  it("pays for what it uses after it said that it ended, and is killed for too much of it", async () => {
    const { say, use, isKilled, done } = watch();
    say(`\x01ready\0\x01started\0\x01exited 0 ${TIMES}\0`);
    use(2_000_000);
    await pause(150);
    expect(isKilled()).toBe(false);
    use(4_000_000);
    await expect.poll(isKilled, { timeout: 1_000 }).toBe(true);
    const { ending, figures } = await done;
    expect(ending).toMatchObject({ reason: "exit", exitCode: 0 });
    expect(figures.cpuUs).toBe(4_000_000);
  });

  it("gets no time from a forged start: the limit counts from the first", async () => {
    const { say, use, isKilled, done } = watch();
    say("\x01ready\0\x01started\0");
    use(800_000);
    await pause(100);
    say("\x01started\0");
    use(1_200_000);
    await expect.poll(isKilled, { timeout: 1_000 }).toBe(true);
    expect((await done).ending).toMatchObject({ reason: "timeout_cpu" });
  });
});
