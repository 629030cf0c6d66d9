import {
  CASE_KEPT,
  CASE_OUTPUT_BYTES,
  CASE_TEXT_BYTES,
  CASES_BYTES,
  type CaseRules,
  type JudgedCase,
  type LanguageOrder,
} from "../../wire/judging.ts";
import { languageById } from "../../wire/languages/registry.ts";
import type { Interpreter } from "../../wire/vocabulary.ts";
import type { RunManifest } from "../runs/types.ts";
import { base64Bytes, utf8ToBase64 } from "./base64.ts";
import { type CaseFields, COMPILE_MEMORY_MB, COMPILE_SECONDS } from "./fields.ts";

const MIB = 1_048_576;

/** The registry's language of an interpreter: what runs the same program, judged. */
export const LANGUAGE_OF: Readonly<Record<Interpreter, string>> = {
  python3: "python",
  node: "javascript",
  bash: "bash",
  sh: "dash",
};

/** Everything of a language's order but whose it is. */
export type LanguageTask = Omit<LanguageOrder, "turn"> & {
  /** As the executor had it when the job was accepted. */
  readonly version: string;
};

/** Restrictions that a face may set and a manifest does not. */
export type Restrictions = Pick<LanguageOrder, "joinsStderr" | "stackBytes" | "processes" | "fileBytes">;

export const NO_RESTRICTIONS: Restrictions = {
  joinsStderr: false,
  stackBytes: null,
  processes: null,
  fileBytes: null,
};

/** The cases of a manifest: those it lists, or the one that an expected output makes; null where nothing is judged. */
const listedCases = ({ judging, stdin }: RunManifest): readonly CaseFields[] | null => {
  if (judging.cases !== null) return judging.cases;
  if (judging.expectedBase64 === null) return null;
  const only = { id: "0", args: null, timeoutSeconds: null, cpuSeconds: null, memoryMb: null, compare: null };
  const stdinBase64 = stdin === null ? null : utf8ToBase64(stdin);
  return [{ ...only, stdinBase64, expectedBase64: judging.expectedBase64 }];
};

export const isJudged = ({ judging }: Pick<RunManifest, "judging">): boolean =>
  judging.cases !== null || judging.expectedBase64 !== null;

/** The language that a run is run in; null where an interpreter is started as it is. */
export const languageOf = (manifest: RunManifest): string | null => {
  const { language } = manifest.judging;
  if (language !== null) return language;
  if (manifest.interpreter === null || !isJudged(manifest)) return null;
  return LANGUAGE_OF[manifest.interpreter];
};

/** How a run's language is compiled and run. */
export const languageTaskOf = (
  id: string,
  version: string,
  { judging }: Pick<RunManifest, "judging">,
  restrictions: Restrictions,
): LanguageTask => ({
  id,
  version,
  compile:
    languageById(id)?.compile == null
      ? null
      : {
          flags: [...(judging.compileFlags ?? [])],
          limits: {
            timeoutMs: Math.ceil((judging.compileTimeoutSeconds ?? COMPILE_SECONDS.initial) * 1_000),
            cpuMs: Math.ceil((judging.compileCpuSeconds ?? COMPILE_SECONDS.initial) * 1_000),
            memoryBytes: Math.ceil((judging.compileMemoryMb ?? COMPILE_MEMORY_MB.initial) * MIB),
          },
        },
  ...restrictions,
});

const judgedCaseOf = (one: CaseFields, manifest: RunManifest): JudgedCase => ({
  id: one.id,
  stdin: one.stdinBase64 ?? "",
  args: one.args === null ? null : [...one.args],
  expected: one.expectedBase64,
  limits: {
    timeoutMs: Math.ceil((one.timeoutSeconds ?? manifest.timeoutSeconds) * 1_000),
    cpuMs: Math.ceil((one.cpuSeconds ?? manifest.cpuSeconds) * 1_000),
    memoryBytes: Math.ceil((one.memoryMb ?? manifest.memoryMb) * MIB),
  },
  compare: one.compare ?? manifest.judging.compare ?? "trimmed",
});

/** A run's cases as the executor is told them, with the rules for all of them; null where nothing is judged. */
export const casesOf = (
  manifest: RunManifest,
  omits: readonly string[],
  kept: CaseRules["keep"] = CASE_KEPT,
): { readonly cases: readonly JudgedCase[]; readonly rules: CaseRules } | null => {
  const listed = listedCases(manifest);
  if (listed === null) return null;
  const { stopOnFailure, caseOutputBytes } = manifest.judging;
  return {
    cases: listed.map((one) => judgedCaseOf(one, manifest)),
    rules: {
      total: listed.length,
      stopOnFailure: stopOnFailure ?? false,
      outputBytes: caseOutputBytes ?? CASE_OUTPUT_BYTES.initial,
      omits: [...omits],
      keep: { ...kept },
    },
  };
};

/** What is wrong with the size of cases, which is no fault of a field; null when they fit. */
export const refuseCaseSize = (cases: readonly JudgedCase[]): string | null => {
  const sizes = cases.flatMap(({ stdin, expected }) => [base64Bytes(stdin), base64Bytes(expected ?? "")]);
  if (sizes.some((size) => size > CASE_TEXT_BYTES))
    return `stdin and expected_output of a case end at ${CASE_TEXT_BYTES} bytes each`;
  return sizes.reduce((sum, size) => sum + size, 0) > CASES_BYTES
    ? `stdin and expected_output of all cases end at ${CASES_BYTES} bytes together`
    : null;
};
