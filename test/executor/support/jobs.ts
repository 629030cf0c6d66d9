import { expect } from "vitest";
import type { AttemptRequest, Input } from "../../../src/wire/attempt.ts";
import type { LanguageOrder } from "../../../src/wire/judging.ts";
import type { FinishedEvent } from "../../../src/wire/report.ts";
import type { Interpreter } from "../../../src/wire/vocabulary.ts";
import type { ExecutorAddress } from "./executor-process.ts";
import type { FakeWorker, SeenAttempt } from "./fake-worker.ts";

const MIB = 1024 * 1024;

/** What a test says about a job; the rest has ordinary values. */
export interface JobOptions {
  readonly interpreter?: Interpreter;
  readonly entrypoint?: string;
  readonly args?: readonly string[];
  /** What else the request says of the program. */
  readonly program?: Partial<AttemptRequest["program"]>;
  readonly env?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly stdin?: AttemptRequest["program"]["stdin"];
  readonly inputs?: readonly Input[];
  readonly limits?: Partial<AttemptRequest["limits"]>;
  readonly outputs?: Partial<AttemptRequest["outputs"]>;
  /** Runs it as a program in this language, in place of an interpreter. */
  readonly language?: LanguageOrder;
  readonly cases?: AttemptRequest["cases"];
}

export interface JobResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly finished: FinishedEvent;
  readonly stored: ReadonlyMap<string, Buffer>;
  readonly attempt: SeenAttempt;
}

const names = { python3: "main.py", node: "main.mjs", bash: "main.sh", sh: "main.sh" } as const;

export const inline = (content: string | Buffer) => ({
  kind: "inline" as const,
  base64: Buffer.from(content).toString("base64"),
});

export const fileInput = (path: string, content: string | Buffer): Input => ({
  kind: "file",
  path,
  blob: inline(content),
});

/** A request for a program given as text. */
export const makeRequest = (
  attempt: SeenAttempt,
  source: string,
  options: JobOptions = {},
): AttemptRequest => {
  const interpreter = options.interpreter ?? "python3";
  const entrypoint = options.entrypoint ?? names[interpreter];
  return {
    protocol: options.language === undefined ? 1 : 2,
    attemptId: attempt.id,
    attemptToken: attempt.token,
    program: {
      interpreter: options.language === undefined ? interpreter : null,
      entrypoint,
      args: [...(options.args ?? [])],
      env: { ...options.env },
      environment: options.environment ?? "default",
      stdin: options.stdin ?? null,
      ...options.program,
    },
    limits: {
      timeoutMs: 20_000,
      cpuMs: 10_000,
      memoryBytes: 256 * MIB,
      workspaceBytes: 100 * MIB,
      outputBytesPerStream: 10 * MIB,
      outputFiles: 100,
      outputFileBytes: 20 * MIB,
      outputTotalBytes: 50 * MIB,
      ...options.limits,
    },
    inputs: [...(options.inputs ?? [fileInput(entrypoint, source)])],
    outputs: { root: ".", patterns: [], ...options.outputs },
    jobHash: "ab".repeat(32),
    ...(options.language === undefined ? {} : { language: options.language }),
    ...(options.cases === undefined ? {} : { cases: options.cases }),
  };
};

/** Has an executor take an attempt as soon as it has a slot; anything but `accepted` fails the test. */
export const send = async (executor: ExecutorAddress, request: AttemptRequest): Promise<void> => {
  expect(await executor.seat.offer(request)).toBe("accepted");
};

export const textOf = (attempt: SeenAttempt, stream: "stdout" | "stderr"): string =>
  attempt.events.map((event) => (event.type === "log" && event.stream === stream ? event.data : "")).join("");

/** Waits for an attempt's result; the protocol must have been kept. */
export const resultOf = async (attempt: SeenAttempt): Promise<JobResult> => {
  const finished = await attempt.finished;
  expect(attempt.complaints).toEqual([]);
  const { stored } = attempt;
  return {
    stdout: textOf(attempt, "stdout"),
    stderr: textOf(attempt, "stderr"),
    finished,
    stored,
    attempt,
  };
};

/** Runs a program given as text on an executor and waits for its result. */
export const runJob = async (
  executor: ExecutorAddress,
  worker: FakeWorker,
  source: string,
  options: JobOptions = {},
): Promise<JobResult> => {
  const attempt = worker.open();
  await send(executor, makeRequest(attempt, source, options));
  return resultOf(attempt);
};
