import type { AttemptRequest } from "../src/wire/attempt.ts";
import { DROPPED_NAMED } from "../src/wire/report.ts";
import { type Collection, collectOutputs, type Spool } from "./collect.ts";
import { type FileTree, sendTree } from "./compile/file-tree.ts";
import { createLogFeed } from "./log-feed.ts";
import { noOutputs, type Outcome } from "./outcome.ts";
import { describePlain, readPlainInputs } from "./plain-inputs.ts";
import { checkProgram, InputFault, type LaidOut, layOutInputs, readWholeBlob } from "./prepare.ts";
import { createProgramHash } from "./program-hash.ts";
import type { Reporter } from "./reporter.ts";
import { encodeOrders, type Orders } from "./sandbox/launcher.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { shellScriptOf } from "./shell-script.ts";
import { type Supervised, supervise } from "./supervise.ts";
import { type Ending, infrastructure } from "./verdict.ts";

export interface RunningProgram {
  stop(ending: Ending): void;
  /** Lets a full reporter's output flow again. */
  resumeLogs(): void;
  /** Settles when nothing of the sandbox is left; rejects only for the executor's own failures. */
  readonly done: Promise<Outcome>;
}

export interface ProgramContext {
  readonly reporter: Reporter;
  readonly spool: Spool;
  /** Stops downloads of inputs. */
  readonly signal: AbortSignal;
  readonly orders: Omit<Orders, "stdin" | "inputs">;
  /** Lies in the job's folder when the program starts, in place of the request's inputs. */
  readonly tree?: FileTree;
}

const giveOrders = async (
  sandbox: Sandbox,
  request: AttemptRequest,
  context: ProgramContext,
): Promise<LaidOut> => {
  const { stdin } = request.program;
  const { orders, tree } = context;
  const text = stdin === null ? Buffer.alloc(0) : await readWholeBlob(stdin, context.signal);
  if (tree !== undefined) {
    sandbox.orders.write(encodeOrders({ ...orders, inputs: "archive", stdin: text }));
    await sendTree(tree, sandbox.orders);
    sandbox.proceed();
    return tree.files;
  }
  const script = shellScriptOf(request);
  const plain = await readPlainInputs(request.inputs, script);
  const programHash = createProgramHash(request);
  if (plain !== null) {
    for (const { name, content } of plain) programHash?.begin(name)?.(content);
    checkProgram(programHash);
    sandbox.orders.end(encodeOrders({ ...orders, inputs: plain, stdin: text }));
    return describePlain(plain);
  }
  sandbox.orders.write(encodeOrders({ ...orders, inputs: "archive", stdin: text }));
  const laidOut = await layOutInputs(request.inputs, sandbox.orders, context.signal, {
    script,
    programHash,
  });
  sandbox.proceed();
  return laidOut;
};

/** Only a program that came to an end of its own leaves outputs, or one that was to be kept at a limit of time. */
const keepsOutputs = ({ reason }: Ending, keepsOnTimeout: boolean): boolean =>
  reason === "exit" ||
  reason === "signal" ||
  (keepsOnTimeout && (reason === "timeout_wall" || reason === "timeout_cpu"));

/** What was collected, with what could not even be packed. */
const withLeftOut = (collection: Collection, { count, named }: Supervised["leftOut"]): Collection => ({
  ...collection,
  dropped: collection.dropped + count,
  named: [...collection.named, ...named].slice(0, DROPPED_NAMED),
});

/** Runs one program in a sandbox of its own: inputs in, limits watched, logs and outputs out. */
export const runProgram = (
  sandbox: Sandbox,
  request: AttemptRequest,
  context: ProgramContext,
): RunningProgram => {
  const { reporter } = context;
  const feed = createLogFeed(reporter, sandbox);
  let laidOut: LaidOut = new Map();
  sandbox.limitMemory(request.limits.memoryBytes);
  const keepsOnTimeout = request.outputs.keepsOnTimeout === true;
  const program = supervise(
    sandbox,
    request.limits,
    { onStarted: reporter.started, onOutput: feed.take, onExited: reporter.exited },
    { graceMs: request.limits.graceMs ?? 0, keepsOutputs: keepsOnTimeout },
  );
  const collecting = collectOutputs(
    sandbox.archive,
    { limits: request.limits, inputs: () => laidOut, root: request.outputs.root },
    context.spool,
  );
  const finish = async (): Promise<Outcome> => {
    try {
      laidOut = await giveOrders(sandbox, request, context);
    } catch (error) {
      program.stop(error instanceof InputFault ? error.ending : infrastructure("internal"));
    }
    const [supervised, collection] = await Promise.all([program.done, collecting]);
    feed.flush();
    const isKept = keepsOutputs(supervised.ending, keepsOnTimeout);
    const { leftOut, ...rest } = supervised;
    return { ...rest, collection: isKept ? withLeftOut(collection, leftOut) : noOutputs };
  };
  return { stop: program.stop, resumeLogs: feed.resume, done: finish() };
};
