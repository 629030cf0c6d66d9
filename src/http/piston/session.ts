import type { Deps } from "../../deps/types.ts";
import { blockedText } from "../../domain/access/block.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { isTerminal } from "../../domain/job/state.ts";
import { parseStrictJson } from "../../domain/strict-json.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import type { SubmissionSource } from "../../domain/submission/source.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import {
  fromProgram,
  INTERACTIVE_CLOSE,
  INTERACTIVE_DATA_CHARS,
  signalName,
} from "../../wire/interactive.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { interactiveProgramOf } from "./program.ts";
import { type Execution, readExecution } from "./request.ts";
import { runtimesOf } from "./runtimes.ts";

const INIT_MS = 1_000;
/** Beside what the program may take: to be placed, and its sandbox to be made. */
const QUEUE_MS = 60_000;
/** From the job's end until its socket has closed. */
const CLOSING_MS = 2_000;
/** Input that comes before the program runs is kept up to this. */
const EARLY_CHARS = 256 * 1024;
const DEFAULT_RUN_MS = 30_000;
const NOBODY_FREE = "No executor is free; try again";
const BAD_NAME = "a file's name must stay below the folder and come once";

/** Why a socket is closed, as the original says it. */
export const CLOSE = {
  completed: [4999, "Job Completed"],
  initialized: [4000, "Already Initialized"],
  timeout: [4001, "Initialization Timeout"],
  notified: [4002, "Notified Error"],
  uninitialized: [4003, "Not yet initialized"],
  stdinOnly: [4004, "Can only write to stdin"],
  badSignal: [4005, "Invalid signal"],
} as const;

type Given = Readonly<Record<string, unknown>>;
type Caller = DoorCaller & { readonly trace: string };

const parsed = (data: unknown): { readonly json: unknown } | null => {
  const json = parseStrictJson(String(data));
  return json.kind === "value" ? { json: json.value } : null;
};

const isObject = (json: unknown): json is Given =>
  typeof json === "object" && json !== null && !Array.isArray(json);

const refusalText = (outcome: Exclude<SubmissionOutcome, { kind: "accepted" }>): string => {
  switch (outcome.kind) {
    case "over_quota":
      return outcome.usage.refusal?.reason ?? "Too many requests";
    case "bad_upload":
      return outcome.refusal.message;
    case "bad_fields":
      return outcome.errors.map(({ message }) => message).join("; ");
    case "blocked":
      return blockedText(outcome.reason);
    case "no_room":
      return NOBODY_FREE;
  }
};

/** One client that sits before a program: from its `init` to the program's end, over one socket. */
export class PistonSession {
  readonly #deps: Deps;
  readonly #caller: Caller;
  readonly #socket: WebSocket;
  #state: "new" | "starting" | "running" | "over" = "new";
  readonly #initTimer: ReturnType<typeof setTimeout>;
  /** To the program, once there is one. */
  #program: WebSocket | null = null;
  #early: string[] = [];
  #earlyChars = 0;
  /** The client has gone, or was sent away, before the program's end. */
  #hasLeft = false;
  readonly #ended = Promise.withResolvers<void>();

  constructor(deps: Deps, caller: Caller, socket: WebSocket) {
    this.#deps = deps;
    this.#caller = caller;
    this.#socket = socket;
    this.#initTimer = setTimeout(() => this.#close("timeout"), INIT_MS);
    socket.addEventListener("message", ({ data }) => this.#take(data));
    const left = (): void => this.#over(true);
    socket.addEventListener("close", left);
    socket.addEventListener("error", left);
  }

  #send(frame: object): void {
    if (this.#state !== "over") this.#socket.send(JSON.stringify(frame));
  }

  #over(hasLeft: boolean): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#hasLeft = hasLeft;
    clearTimeout(this.#initTimer);
    this.#program?.close(INTERACTIVE_CLOSE.done, "the client has gone");
    this.#ended.resolve();
  }

  #close(why: keyof typeof CLOSE): void {
    if (this.#state === "over") return;
    this.#over(why !== "completed");
    const [code, reason] = CLOSE[why];
    this.#socket.close(code, reason);
  }

  #fail(message: string): void {
    this.#send({ type: "error", message });
    this.#close("notified");
  }

  #take(data: unknown): void {
    if (this.#state === "over") return;
    const frame = parsed(data);
    if (frame === null) this.#fail("The message is not JSON");
    else if (isObject(frame.json)) this.#heard(frame.json);
  }

  /** What is of no known type is ignored, and does not count. */
  #heard(given: Given): void {
    const { type } = given;
    if (type === "init") this.#init(given);
    else if (type !== "data" && type !== "signal") return;
    else if (this.#state === "new") this.#close("uninitialized");
    else if (type === "data") this.#data(given);
    else this.#signal(given);
  }

  #init(given: Given): void {
    if (this.#state !== "new") {
      this.#close("initialized");
      return;
    }
    this.#state = "starting";
    clearTimeout(this.#initTimer);
    this.#start(given).catch((error: unknown) => {
      this.#deps.log.error("piston.session_failed", error);
      this.#fail("Internal Server Error");
    });
  }

  #data({ stream, data }: Given): void {
    if (stream !== "stdin") this.#close("stdinOnly");
    else if (typeof data === "string") this.#input(data);
  }

  #signal(given: Given): void {
    const signal = signalName.safeParse(given.signal);
    if (signal.success) this.#tell({ type: "signal", signal: signal.data });
    else this.#close("badSignal");
  }

  #input(text: string): void {
    for (let at = 0; at < text.length; at += INTERACTIVE_DATA_CHARS) {
      const data = text.slice(at, at + INTERACTIVE_DATA_CHARS);
      this.#tell({ type: "data", stream: "stdin", data });
    }
  }

  /** Tells the program at once where it runs, else when it does. */
  #tell(frame: object): void {
    const text = JSON.stringify(frame);
    if (this.#state === "running") {
      if (this.#program?.readyState === WebSocket.OPEN) this.#program.send(text);
      return;
    }
    this.#earlyChars += text.length;
    if (this.#earlyChars > EARLY_CHARS) this.#fail("There was too much input before the program ran");
    else this.#early.push(text);
  }

  async #start(given: Given): Promise<void> {
    const { doors, pool } = this.#deps;
    const runtimes = runtimesOf((await pool.capabilities()).languages);
    const whole = {
      ...given,
      stdin: "",
      run_timeout: given.run_timeout || Math.min(DEFAULT_RUN_MS, doors.maxTimeoutMs),
    };
    const read = readExecution(whole, runtimes, doors);
    if (read.kind === "wrong") {
      this.#fail(read.message);
      return;
    }
    const source = interactiveProgramOf(read.execution);
    if (source === null) this.#fail(BAD_NAME);
    else await this.#submit(read.execution, source);
  }

  async #submit(execution: Execution, source: SubmissionSource): Promise<void> {
    const id = this.#deps.ids.jobId();
    const { owner, clientKey, trace } = this.#caller;
    const door = { name: "piston" as const, data: new Uint8Array() };
    const outcome = await acceptRun(this.#deps, { id, owner, clientKey, trace, source, door });
    if (outcome.kind !== "accepted") {
      this.#fail(refusalText(outcome));
      return;
    }
    const { name: language, version } = execution.runtime;
    this.#send({ type: "runtime", language, version });
    await this.#follow(id, execution);
  }

  /** Joins the program's socket, and sees the job to its end; then nothing of it is kept. */
  async #follow(id: string, { times }: Execution): Promise<void> {
    const job = this.#deps.jobs.byId(id);
    try {
      if (this.#state !== "over") this.#join((await job.session("client")).webSocket);
      const ended = job.waitForEnd(QUEUE_MS + times.compile_timeout + times.run_timeout);
      await Promise.race([this.#ended.promise, ended]);
      if (this.#hasLeft) await job.cancel();
      await this.#settle(await ended);
    } finally {
      await job.remove();
    }
  }

  /** The job has ended, or takes too long: its socket closes by itself, or never will. */
  async #settle(snapshot: JobSnapshot | null): Promise<void> {
    if (snapshot === null || !isTerminal(snapshot.state)) {
      this.#fail(NOBODY_FREE);
      return;
    }
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
    await Promise.race([this.#ended.promise, patience]);
    this.#fail(snapshot.result?.message ?? "The program could not be run");
  }

  #join(program: WebSocket | null): void {
    if (program === null) throw new Error("the job has no session");
    this.#program = program;
    program.accept();
    program.addEventListener("message", ({ data }) => this.#said(String(data)));
    program.addEventListener("close", ({ code }) => {
      if (code === INTERACTIVE_CLOSE.done) this.#close("completed");
      else this.#fail("The program could not be run to its end");
    });
  }

  #said(text: string): void {
    const frame = fromProgram.safeParse(parsed(text)?.json);
    if (!frame.success) return;
    this.#send(frame.data);
    if (frame.data.type !== "stage" || frame.data.stage !== "run" || this.#state === "over") return;
    this.#state = "running";
    for (const early of this.#early.splice(0)) this.#program?.send(early);
  }
}
