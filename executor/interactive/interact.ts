import type { AttemptLimits } from "../../src/wire/attempt.ts";
import type { LogStream } from "../../src/wire/vocabulary.ts";
import { type FileTree, sendTree } from "../compile/file-tree.ts";
import { noOutputs, type Outcome } from "../outcome.ts";
import { encodeOrders, type Orders } from "../sandbox/launcher.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { supervise } from "../supervise.ts";
import type { Ending } from "../verdict.ts";
import type { InteractiveLink } from "./link.ts";

/** Input that the program does not read waits up to this; more is dropped. */
const UNREAD_BYTES = 1024 * 1024;

export interface Interaction {
  stop(ending: Ending): void;
  readonly done: Promise<Outcome>;
}

const newDecoder = () => new TextDecoder("utf-8", { ignoreBOM: true });

/** Runs one program whose input comes, and whose output goes, over a link while it runs. */
export const interact = (
  sandbox: Sandbox,
  run: {
    readonly tree: FileTree;
    readonly orders: Omit<Orders, "stdin" | "inputs">;
    readonly limits: AttemptLimits;
    readonly link: InteractiveLink;
    onStarted(atMs: number): void;
    onExited(): void;
  },
): Interaction => {
  const { link } = run;
  const decoders = { stdout: newDecoder(), stderr: newDecoder() };
  const put = (stream: LogStream, data: string): void => {
    if (data !== "") link.send({ type: "data", stream, data });
    if (!link.isFull()) return;
    sandbox.stdout.pause();
    sandbox.stderr.pause();
  };
  link.onDrained = () => {
    sandbox.stdout.resume();
    sandbox.stderr.resume();
  };
  sandbox.limitMemory(run.limits.memoryBytes);
  const program = supervise(sandbox, run.limits, {
    onStarted: (atMs) => {
      run.onStarted(atMs);
      link.send({ type: "stage", stage: "run" });
    },
    onOutput: (stream, chunk) => put(stream, decoders[stream].decode(chunk, { stream: true })),
    onExited: run.onExited,
  });
  sandbox.archive.resume();
  link.onFrame = (frame) => {
    if (frame.type === "signal") sandbox.signalProgram(frame.signal);
    else if (sandbox.input.writableLength < UNREAD_BYTES) sandbox.input.write(frame.data);
  };
  const finish = async (): Promise<Outcome> => {
    sandbox.orders.write(encodeOrders({ ...run.orders, inputs: "archive", stdin: "live" }));
    await sendTree(run.tree, sandbox.orders);
    sandbox.proceed({ keepsInput: true });
    const { leftOut: _leftOut, ...supervised } = await program.done;
    link.onFrame = () => undefined;
    for (const stream of ["stdout", "stderr"] as const) put(stream, decoders[stream].decode());
    const { reason, exitCode, signal } = supervised.ending;
    const isOwn = reason === "exit" || reason === "signal";
    const end = isOwn
      ? { code: signal === null ? exitCode : null, signal }
      : { code: null, signal: "SIGKILL" };
    link.send({ type: "exit", stage: "run", ...end });
    return { ...supervised, collection: noOutputs };
  };
  return { stop: program.stop, done: finish() };
};
