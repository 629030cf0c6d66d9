import type { AttemptLimits } from "../../src/wire/attempt.ts";
import type { CompileResult, PhaseLimits } from "../../src/wire/judging.ts";
import { encodeOrders, type Orders } from "../sandbox/launcher.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Supervised, supervise } from "../supervise.ts";
import type { Ending } from "../verdict.ts";
import { type Artifact, readArtifact } from "./artifact.ts";
import { createCompileText } from "./compile-text.ts";
import { type FileTree, type NextPath, sendTree } from "./file-tree.ts";

/** What came of a compile step; `tree` is what it left, null unless it succeeded. */
export interface Compiled {
  readonly result: CompileResult;
  readonly tree: FileTree | null;
  /** Set when it is no verdict on the source: the executor's own trouble, or it was asked to stop. */
  readonly broken: Ending | null;
}

export interface Compiling {
  stop(ending: Ending): void;
  readonly done: Promise<Compiled>;
}

/** A compiler may say as much as it likes: what is not kept costs it time only. */
const limitsOf = (limits: AttemptLimits, phase: PhaseLimits): AttemptLimits => ({
  ...limits,
  ...phase,
  outputBytesPerStream: Number.MAX_SAFE_INTEGER,
});

const statusOf = ({ reason, exitCode }: Ending, artifact: Artifact): CompileResult["status"] => {
  if (reason === "timeout_cpu" || reason === "timeout_wall") return "time_limit";
  if (reason === "memory") return "memory_limit";
  if (reason !== "exit" || exitCode !== 0) return "error";
  return artifact.kind === "too_large" ? "output_limit" : "ok";
};

const brokenBy = ({ ending }: Supervised): Ending | null =>
  ending.reason === "infrastructure" || ending.reason === "bad_input" || ending.reason === "cancelled"
    ? ending
    : null;

/** Runs one compile step in a sandbox that nothing else uses, before or after. */
export const compile = (
  sandbox: Sandbox,
  source: FileTree,
  job: {
    readonly orders: Omit<Orders, "stdin" | "inputs">;
    readonly limits: AttemptLimits;
    readonly phase: PhaseLimits;
    readonly nextPath: NextPath;
  },
): Compiling => {
  const text = createCompileText();
  sandbox.limitMemory(job.phase.memoryBytes);
  const program = supervise(sandbox, limitsOf(job.limits, job.phase), {
    onStarted: () => undefined,
    onOutput: (_stream, chunk) => text.take(chunk),
    onExited: () => undefined,
  });
  const reading = readArtifact(sandbox.archive, job.nextPath);
  const finish = async (): Promise<Compiled> => {
    sandbox.orders.write(encodeOrders({ ...job.orders, inputs: "archive", stdin: Buffer.alloc(0) }));
    await sendTree(source, sandbox.orders);
    sandbox.proceed();
    const [supervised, artifact] = await Promise.all([program.done, reading]);
    const { ending, figures } = supervised;
    const status = statusOf(ending, artifact);
    const tree = artifact.kind === "tree" ? artifact.tree : null;
    if (status !== "ok") await tree?.drop();
    const result: CompileResult = {
      status,
      exitCode: ending.exitCode,
      signal: ending.signal,
      ...text.of(status),
      cpuSeconds: figures.cpuUs / 1e6,
      wallTimeMs: Math.round(figures.wallTimeMs),
      memoryPeakBytes: figures.memoryPeakBytes,
      cached: false,
    };
    return { result, tree: status === "ok" ? tree : null, broken: brokenBy(supervised) };
  };
  return { stop: program.stop, done: finish() };
};
