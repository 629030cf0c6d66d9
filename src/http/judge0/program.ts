import type { Judge0Submission } from "../../domain/judge0/submission-record.ts";
import { fromBase64 } from "../../domain/judging/base64.ts";
import { type CaseFields, NO_JUDGING } from "../../domain/judging/fields.ts";
import { MEMORY_MB } from "../../domain/runs/manifest-fields.ts";
import type { RunManifest } from "../../domain/runs/types.ts";
import { type ProgramFile, programSource } from "../../domain/submission/program-source.ts";
import type { SubmissionSource } from "../../domain/submission/source.ts";
import { CASE_KEPT_MOST } from "../../wire/judging.ts";
import type { Language } from "../../wire/languages/registry.ts";
import { SANDBOX_PROCESSES } from "../../wire/limits.ts";
import { splitArguments } from "./arguments.ts";
import { unpackZip } from "./unpack.ts";

const KIB = 1_024;
/** What the original gives every compile step, whatever the submission says. */
const COMPILE = { compileTimeoutSeconds: 20, compileCpuSeconds: 15, compileMemoryMb: 500 };
/** Less is no time at all. */
const LEAST_CPU_SECONDS = 0.05;
const LF = Uint8Array.of(10);

const EMPTY_RUN = ["run", "run.sh"];

/** The program's own file: escript does not read a first line, so one is put in front. */
const sourceOf = (language: Language, { source_code }: Judge0Submission): ProgramFile | null => {
  const path = language.judge0?.sourceFile ?? "";
  if (path === "") return null;
  const bytes = fromBase64(source_code ?? "");
  if (language.id !== "erlang") return { path, bytes };
  const behind = new Uint8Array(bytes.length + 1);
  behind.set(LF);
  behind.set(bytes, 1);
  return { path, bytes: behind };
};

/** The source and what came beside it, which cannot replace it; null for an archive that is none. */
const filesOf = async (
  language: Language,
  submission: Judge0Submission,
): Promise<readonly ProgramFile[] | null> => {
  const source = sourceOf(language, submission);
  const own = source === null ? [] : [source];
  if (submission.additional_files === null) return own;
  const unpacked = await unpackZip(new Uint8Array(fromBase64(submission.additional_files)));
  return unpacked === null ? null : [...own, ...unpacked.filter(({ path }) => path !== source?.path)];
};

const argsOf = (language: Language, line: string | null): readonly string[] => {
  const args = splitArguments(line ?? "");
  return language.id === "sqlite" ? ["db.sqlite", ...args] : args;
};

/** An interpreter needs some memory to start at all: less is raised to that. */
const memoryMbOf = ({ memory_limit }: Judge0Submission): number =>
  Math.max(MEMORY_MB.min, memory_limit / KIB);

/** The same run as often as was asked for. */
const casesOf = (submission: Judge0Submission): readonly CaseFields[] =>
  Array.from({ length: submission.number_of_runs }, (_, index) => ({
    id: String(index),
    stdinBase64: submission.stdin,
    args: null,
    expectedBase64: submission.expected_output,
    timeoutSeconds: submission.wall_time_limit,
    cpuSeconds: Math.max(LEAST_CPU_SECONDS, submission.cpu_time_limit + submission.cpu_extra_time),
    memoryMb: memoryMbOf(submission),
    compare: "trimmed",
  }));

const manifestOf = (language: Language, submission: Judge0Submission, entrypoint: string): RunManifest => ({
  entrypoint,
  interpreter: null,
  environment: "",
  args: [...argsOf(language, submission.command_line_arguments)],
  env: {},
  outputs: [],
  timeoutSeconds: submission.wall_time_limit,
  memoryMb: memoryMbOf(submission),
  cpuSeconds: submission.cpu_time_limit,
  stdin: null,
  webhookUrl: submission.callback_url,
  warnings: [],
  judging: {
    ...NO_JUDGING,
    ...COMPILE,
    language: language.id,
    compileFlags: splitArguments(submission.compiler_options ?? ""),
    cases: casesOf(submission),
    stopOnFailure: true,
    caseOutputBytes: Math.max(1, submission.max_file_size) * KIB,
  },
});

export type Judge0Program =
  | { readonly kind: "ok"; readonly source: SubmissionSource }
  | { readonly kind: "wrong"; readonly errors: Record<string, string[]> };

/** A submission as a judged run of ours. */
export const programOf = async (
  language: Language,
  submission: Judge0Submission,
  hasStackLimit: boolean,
): Promise<Judge0Program> => {
  const files = await filesOf(language, submission);
  if (files === null) return { kind: "wrong", errors: { additional_files: ["is not a valid zip archive"] } };
  const own = language.judge0?.sourceFile ?? "";
  const entrypoint = own === "" ? EMPTY_RUN.find((name) => files.some(({ path }) => path === name)) : own;
  if (entrypoint === undefined)
    return { kind: "wrong", errors: { additional_files: ["must have a file run or run.sh"] } };
  const source = programSource(manifestOf(language, submission, entrypoint), files, {
    restrictions: {
      joinsStderr: submission.redirect_stderr_to_stdout,
      stackBytes: hasStackLimit && submission.stack_limit > 0 ? submission.stack_limit * KIB : null,
      processes: Math.min(submission.max_processes_and_or_threads, SANDBOX_PROCESSES),
      fileBytes: Math.max(1, submission.max_file_size) * KIB,
    },
    keep: { ...CASE_KEPT_MOST, totalBytes: CASE_KEPT_MOST.stdoutBytes + CASE_KEPT_MOST.stderrBytes },
  });
  return { kind: "ok", source };
};
