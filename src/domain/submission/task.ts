import {
  INPUT_BYTES,
  OUTPUT_BYTES_PER_STREAM,
  OUTPUT_FILE_BYTES,
  OUTPUT_FILES,
  OUTPUT_TOTAL_BYTES,
} from "../../wire/limits.ts";
import type { ProgramTask, StoredBytes } from "../job/record.ts";
import type { LanguageTask } from "../judging/order.ts";
import type { ResolvedRun } from "../runs/types.ts";

const MIB = 1_048_576;

/** What of a run was stored, and what was found out about it. */
export type TaskParts = {
  readonly inputs: StoredBytes;
  readonly executables: string | null;
  readonly stdin: StoredBytes | null;
  readonly jobHash: string;
  /** Null where the entrypoint is the file itself. */
  readonly entrypointFile: string | null;
  readonly language: LanguageTask | null;
  readonly cases: NonNullable<ProgramTask["cases"]> | null;
};

/** What a client sees as the interpreter: the language where it asked for one. */
export const startedBy = ({ manifest }: ResolvedRun): string =>
  manifest.judging.language ?? manifest.interpreter ?? "";

/** What a resolved run asks of the executor. */
export const taskOf = (
  run: ResolvedRun,
  { inputs, executables, stdin, jobHash, entrypointFile, language, cases }: TaskParts,
): ProgramTask => {
  const { manifest } = run;
  return {
    kind: "program",
    files: [],
    program: {
      interpreter: language === null ? manifest.interpreter : null,
      entrypoint: manifest.entrypoint,
      ...(manifest.module ? { module: manifest.module } : {}),
      ...(manifest.mergeOutput ? { mergesOutput: true } : {}),
      args: manifest.args,
      env: manifest.env,
      environment: manifest.environment === "" ? "default" : manifest.environment,
    },
    stdin,
    limits: {
      timeoutMs: Math.ceil(manifest.timeoutSeconds * 1_000),
      cpuMs: Math.max(1, Math.ceil(manifest.cpuSeconds * 1_000)),
      memoryBytes: Math.ceil(manifest.memoryMb * MIB),
      workspaceBytes: INPUT_BYTES,
      ...(manifest.graceSeconds ? { graceMs: manifest.graceSeconds * 1_000 } : {}),
      outputBytesPerStream: OUTPUT_BYTES_PER_STREAM,
      outputFiles: OUTPUT_FILES,
      outputFileBytes: OUTPUT_FILE_BYTES,
      outputTotalBytes: OUTPUT_TOTAL_BYTES,
    },
    inputs,
    stripComponents: run.stripComponents,
    ...(executables === null ? {} : { executables }),
    outputRoot: ".",
    outputPatterns: manifest.outputs,
    ...(manifest.keepOutputs ? { keepsOutputsOnTimeout: true } : {}),
    jobHash,
    ...(entrypointFile === null ? {} : { entrypointFile }),
    asked: { interpreter: startedBy(run), environment: manifest.environment },
    ...(run.isInteractive === true ? { interactive: true as const } : {}),
    ...(language === null ? {} : { language }),
    ...(cases === null ? {} : { cases }),
  };
};
