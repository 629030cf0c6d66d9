import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { newAddress, rawFetch } from "./support/client.ts";
import { marker, processesWith } from "./support/processes.ts";

type Frame = {
  readonly type: string;
  readonly stage?: string;
  readonly stream?: string;
  readonly data?: string;
  readonly code?: number | null;
  readonly signal?: string | null;
  readonly message?: string;
};

/** A client of Piston's interactive socket, which notes all that it is told. */
class Session {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly closed: Promise<readonly [number, string]>;

  constructor(path = "/api/v2/connect") {
    this.#socket = new WebSocket(`${inject("sandpiperUrl").replace(/^http/, "ws")}${path}`, {
      headers: { "cf-connecting-ip": newAddress() },
    });
    this.#socket.on("message", (data) => this.frames.push(JSON.parse(String(data)) as Frame));
    this.closed = once(this.#socket, "close").then(([code, reason]) => [Number(code), String(reason)]);
  }

  async open(): Promise<this> {
    await once(this.#socket, "open");
    return this;
  }

  say(frame: unknown): this {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    return this;
  }

  leave(): void {
    this.#socket.close();
  }

  text(stream: "stdout" | "stderr" = "stdout"): string {
    return this.frames.map((frame) => (frame.stream === stream ? frame.data : "")).join("");
  }

  async until(what: string, withinMs = 20_000): Promise<void> {
    for (let leftMs = withinMs; !this.text().includes(what); leftMs -= 20) {
      if (leftMs < 0) throw new Error(`there was never ${what} in ${JSON.stringify(this.frames)}`);
      await delay(20);
    }
  }
}

const python = (content: string, more: object = {}) => ({
  type: "init",
  language: "python",
  version: "*",
  files: [{ content }],
  ...more,
});
const stdin = (data: string) => ({ type: "data", stream: "stdin", data });

describe("Piston's interactive socket", () => {
  test.concurrent("runs a program with a client before it, who answers what it asks", async () => {
    const session = await new Session("/api/v2/piston/connect").open();
    session.say(
      python("while True:\n  name = input('name? ')\n  if not name: break\n  print('é', name, flush=True)\n"),
    );
    for (const name of ["Ada", "Grace"]) {
      await session.until("name? ");
      session.say(stdin(`${name}\n`));
      await session.until(`é ${name}\n`);
    }
    session.say(stdin("\n"));
    expect(await session.closed).toEqual([4999, "Job Completed"]);
    const kinds = session.frames.filter(({ type }) => type !== "data");
    expect(kinds).toEqual([
      { type: "runtime", language: "python", version: expect.stringMatching(/^3\./) },
      { type: "stage", stage: "run" },
      { type: "exit", stage: "run", code: 0, signal: null },
    ]);
    expect(session.text()).toBe("name? é Ada\nname? é Grace\nname? ");
  });

  test.concurrent("keeps what is typed before the program runs, and tells of signals and exit codes", async () => {
    const session = await new Session().open();
    const program =
      "import signal, sys\nsignal.signal(signal.SIGUSR1, lambda *_: (print('caught', flush=True), sys.exit(7)))\n" +
      "print('got', open('/dev/stdin').readline().strip(), file=sys.stderr, flush=True)\nprint('ready', flush=True)\nsignal.pause()\n";
    session.say(python(program)).say(stdin("early\n"));
    await session.until("ready");
    session.say({ type: "signal", signal: "SIGUSR1" });
    expect(await session.closed).toEqual([4999, "Job Completed"]);
    expect([session.text(), session.text("stderr")]).toEqual(["ready\ncaught\n", "got early\n"]);
    expect(session.frames.at(-1)).toEqual({ type: "exit", stage: "run", code: 7, signal: null });
  });

  test.concurrent("ends what passes its time, and what a signal ends", async () => {
    const slow = await new Session().open();
    slow.say(python("import time\ntime.sleep(20)", { run_timeout: 500 }));
    const killed = await new Session().open();
    killed.say(python("print('up', flush=True)\nimport time\ntime.sleep(20)"));
    await killed.until("up");
    killed.say({ type: "signal", signal: "SIGTERM" });
    for (const [session, signal] of [
      [slow, "SIGKILL"],
      [killed, "SIGTERM"],
    ] as const) {
      expect(await session.closed).toEqual([4999, "Job Completed"]);
      expect(session.frames.at(-1)).toEqual({ type: "exit", stage: "run", code: null, signal });
    }
  });

  test.concurrent("compiles first, and runs nothing that does not compile", async () => {
    const { languages } = (await (await rawFetch("/runtimes")).json()) as { languages: { id: string }[] };
    if (!languages.some(({ id }) => id === "c")) {
      process.stdout.write("\n!!! C is not built here: compile stages of sessions are not tried\n\n");
      return;
    }
    const run = async (content: string) => {
      const session = await new Session().open();
      session.say({ type: "init", language: "c", version: "*", files: [{ content }] });
      expect(await session.closed).toEqual([4999, "Job Completed"]);
      return session;
    };
    const good = await run('#include <stdio.h>\nint main(void) { puts("ran"); return 3; }\n');
    expect(good.frames.slice(1)).toEqual([
      { type: "stage", stage: "compile" },
      { type: "exit", stage: "compile", code: 0, signal: null },
      { type: "stage", stage: "run" },
      { type: "data", stream: "stdout", data: "ran\n" },
      { type: "exit", stage: "run", code: 3, signal: null },
    ]);
    const bad = await run("int main(void) { return x; }\n");
    expect(bad.text("stderr")).toContain("error:");
    expect(bad.frames.at(-1)).toEqual({ type: "exit", stage: "compile", code: 1, signal: null });
  });

  test.concurrent.for([
    ["not JSON", ["{"], 4002, "Notified Error"],
    [
      "an unknown language",
      [{ type: "init", language: "x", version: "*", files: [{ content: "" }] }],
      4002,
      "Notified Error",
    ],
    ["a second init", [python("input()"), python("1")], 4000, "Already Initialized"],
    ["input before an init", [stdin("x")], 4003, "Not yet initialized"],
    ["a signal before an init", [{ type: "signal", signal: "SIGTERM" }], 4003, "Not yet initialized"],
    [
      "another stream",
      [python("input()"), { type: "data", stream: "stdout", data: "x" }],
      4004,
      "Can only write to stdin",
    ],
    [
      "a signal that is none",
      [python("input()"), { type: "signal", signal: "SIGNOTHING" }],
      4005,
      "Invalid signal",
    ],
    ["no init for a second", [[1], { type: "dance" }], 4001, "Initialization Timeout"],
  ] as const)("says by its close code what went wrong: %s", async ([, frames, code, reason], { expect }) => {
    const session = await new Session().open();
    for (const frame of frames) session.say(frame);
    expect(await session.closed).toEqual([code, reason]);
    const errors = session.frames.filter(({ type }) => type === "error");
    expect(errors).toHaveLength(code === 4002 ? 1 : 0);
  });

  test.concurrent("ends the program of a client that leaves, at once", async ({ expect }) => {
    const mark = marker();
    const session = await new Session().open();
    session.say(python("print('up', flush=True)\nimport time\ntime.sleep(25)", { args: [mark] }));
    await session.until("up");
    expect(processesWith(mark)).toBeGreaterThan(0);
    session.leave();
    await session.closed;
    await expect.poll(() => processesWith(mark), { timeout: 10_000 }).toBe(0);
  });

  test.concurrent("tells who does not connect by a socket to do so", async () => {
    const response = await rawFetch("/api/v2/connect");
    expect([response.status, await response.json()]).toEqual([426, { message: "Connect with a WebSocket" }]);
  });
});
