import {
  INPUT_BYTES,
  OUTPUT_BYTES_PER_STREAM,
  OUTPUT_FILE_BYTES,
  OUTPUT_FILES,
  OUTPUT_TOTAL_BYTES,
} from "../../wire/limits.ts";
import type { ProgramTask, StoredBytes } from "../job/record.ts";
import type { ResolvedRun } from "../runs/types.ts";

const MIB = 1_048_576;

/** What a resolved run asks of the executor (contract runs.md 0.7). */
export const taskOf = (
  run: ResolvedRun,
  inputs: StoredBytes,
  stdin: StoredBytes | null,
  jobHash: string,
): ProgramTask => {
  const { manifest } = run;
  return {
    kind: "program",
    files: [],
    program: {
      interpreter: manifest.interpreter,
      entrypoint: manifest.entrypoint,
      args: manifest.args,
      env: manifest.env,
      environment: manifest.environment === "" ? "default" : manifest.environment,
    },
    stdin,
    limits: {
      timeoutMs: manifest.timeoutSeconds * 1_000,
      cpuMs: manifest.cpuSeconds * 1_000,
      memoryBytes: manifest.memoryMb * MIB,
      workspaceBytes: INPUT_BYTES,
      outputBytesPerStream: OUTPUT_BYTES_PER_STREAM,
      outputFiles: OUTPUT_FILES,
      outputFileBytes: OUTPUT_FILE_BYTES,
      outputTotalBytes: OUTPUT_TOTAL_BYTES,
    },
    inputs,
    stripComponents: run.stripComponents,
    outputRoot: ".",
    outputPatterns: manifest.outputs,
    jobHash,
    asked: { interpreter: manifest.interpreter, environment: manifest.environment },
  };
};
