import { utf8ToBase64 } from "../../domain/judging/base64.ts";
import { NO_JUDGING } from "../../domain/judging/fields.ts";
import { NO_RESTRICTIONS } from "../../domain/judging/order.ts";
import { sourceNameFor } from "../../domain/languages/source-name.ts";
import type { RunManifest } from "../../domain/runs/types.ts";
import { type ProgramFile, programSource } from "../../domain/submission/program-source.ts";
import type { SubmissionSource } from "../../domain/submission/source.ts";
import { relativePath, UPLOAD_LIMITS } from "../../uploads/index.ts";
import type { Language } from "../../wire/languages/registry.ts";
import type { Execution, PistonFile } from "./request.ts";

const MIB = 1_048_576;
const UNNAMED = /^file\d+\.code$/;

/** A file beside the program that a compiler would not know for a source: text without an extension of its own. */
const isNamelessSource = (language: Language, { name, isText }: PistonFile): boolean =>
  isText && language.compile !== null && (UNNAMED.test(name) || !/[^/.][^/]*\.[^/]+$/.test(name));

/**
 * A name as the language's tools want it: data, headers and the like keep theirs. The program's own file may be named
 * after what it declares.
 */
const nameOf = (language: Language, file: PistonFile, isProgram: boolean): string => {
  const { name, bytes } = file;
  const [extension = ""] = language.extensions;
  const known = language.extensions.some((one) => name.toLowerCase().endsWith(`.${one}`));
  if (known || extension === "") return name;
  if (!isProgram && !isNamelessSource(language, file)) return name;
  const own = sourceNameFor(language, new TextDecoder().decode(bytes));
  return isProgram && UNNAMED.test(name) && own !== language.source ? own : `${name}.${extension}`;
};

const manifestOf = (execution: Execution, entrypoint: string, outputBytes: number): RunManifest => {
  const { runtime, times, stdin, args, runMemoryBytes, compileMemoryBytes } = execution;
  const memoryMb = runMemoryBytes / MIB;
  const [timeoutSeconds, cpuSeconds] = [times.run_timeout / 1_000, times.run_cpu_time / 1_000];
  const only = {
    id: "0",
    stdinBase64: utf8ToBase64(stdin),
    args: null,
    expectedBase64: null,
    compare: null,
  };
  return {
    entrypoint,
    interpreter: null,
    environment: "",
    args: [...args],
    env: { PISTON_LANGUAGE: runtime.name },
    outputs: [],
    timeoutSeconds,
    memoryMb,
    cpuSeconds,
    stdin: null,
    warnings: [],
    judging: {
      ...NO_JUDGING,
      language: runtime.language.id,
      compileTimeoutSeconds: times.compile_timeout / 1_000,
      compileCpuSeconds: times.compile_cpu_time / 1_000,
      compileMemoryMb: compileMemoryBytes / MIB,
      cases: [{ ...only, timeoutSeconds, cpuSeconds, memoryMb }],
      caseOutputBytes: outputBytes,
    },
  };
};

/** Null for a file whose name leaves the folder, or that comes twice. */
const programFiles = (language: Language, files: readonly PistonFile[]): readonly ProgramFile[] | null => {
  const first = files.find(({ isText }) => isText) ?? files[0];
  const named = [first, ...files.filter((file) => file !== first)].flatMap((file) => file ?? []);
  const found: ProgramFile[] = [];
  for (const file of named) {
    const outcome = relativePath(nameOf(language, file, file === first), false, UPLOAD_LIMITS);
    if (outcome.kind !== "ok" || found.some(({ path }) => path === outcome.path)) return null;
    found.push({ path: outcome.path, bytes: file.bytes });
  }
  return found;
};

/** An execution with somebody before it, whose input and output go nowhere else; null as below. */
export const interactiveProgramOf = (execution: Execution): SubmissionSource | null => {
  const files = programFiles(execution.runtime.language, execution.files);
  const [program] = files ?? [];
  if (files === null || program === undefined) return null;
  const { judging, ...manifest } = manifestOf(execution, program.path, 1);
  const { cases: _cases, caseOutputBytes: _bytes, ...unjudged } = judging;
  return programSource({ ...manifest, judging: { ...NO_JUDGING, ...unjudged } }, files, {
    restrictions: NO_RESTRICTIONS,
    isInteractive: true,
  });
};

/** An execution as a judged run of ours with one case; null where a file's name cannot be. */
export const programOf = (execution: Execution, outputBytes: number): SubmissionSource | null => {
  const files = programFiles(execution.runtime.language, execution.files);
  const [program] = files ?? [];
  if (files === null || program === undefined) return null;
  return programSource(manifestOf(execution, program.path, outputBytes), files, {
    restrictions: NO_RESTRICTIONS,
    keep: { stdoutBytes: outputBytes, stderrBytes: outputBytes, totalBytes: 2 * outputBytes },
  });
};
