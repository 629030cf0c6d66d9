import { createHash } from "node:crypto";
import type { CaseResult, CompileResult, JudgedCase, LanguageOrder } from "../../../src/wire/judging.ts";
import { languageById } from "../../../src/wire/languages/registry.ts";
import type { ExecutorAddress } from "./executor-process.ts";
import type { FakeWorker } from "./fake-worker.ts";
import { inline, type JobOptions, type JobResult, runJob } from "./jobs.ts";

const MIB = 1024 * 1024;

export interface JudgedResult extends JobResult {
  readonly compiled: CompileResult | null;
  readonly cases: readonly CaseResult[];
}

const turnOf = (client: string): string => createHash("sha256").update(client).digest("hex");

/** A language's order with ordinary limits, as the client of this name asks for it. */
export const orderFor = (
  id: string,
  change: Partial<LanguageOrder> & { readonly client?: string; readonly flags?: readonly string[] } = {},
): LanguageOrder => {
  const { client = "somebody", flags = [], ...rest } = change;
  const limits = { timeoutMs: 60_000, cpuMs: 30_000, memoryBytes: 512 * MIB };
  return {
    id,
    turn: turnOf(client),
    compile: languageById(id)?.compile == null ? null : { flags: [...flags], limits },
    joinsStderr: false,
    stackBytes: null,
    processes: null,
    fileBytes: null,
    ...rest,
  };
};

export type GivenCase = Partial<Omit<JudgedCase, "stdin" | "expected">> & {
  readonly stdin?: string | Buffer;
  readonly expected?: string | Buffer | null;
};

/** Cases with ordinary limits, compared by trimmed lines, as they travel. */
export const casesOf = (
  given: readonly GivenCase[],
  rules: Partial<NonNullable<JobOptions["cases"]>> = {},
): NonNullable<JobOptions["cases"]> => {
  const cases: JudgedCase[] = given.map(({ stdin = "", expected = null, ...rest }, index) => ({
    id: String(index),
    args: null,
    limits: { timeoutMs: 10_000, cpuMs: 5_000, memoryBytes: 256 * MIB },
    compare: "trimmed",
    ...rest,
    stdin: Buffer.from(stdin).toString("base64"),
    expected: expected === null ? null : Buffer.from(expected).toString("base64"),
  }));
  return {
    blob: inline(JSON.stringify(cases)),
    total: cases.length,
    stopOnFailure: false,
    outputBytes: MIB,
    omits: [],
    keep: { stdoutBytes: 64 * 1024, stderrBytes: 16 * 1024, totalBytes: MIB },
    ...rules,
  };
};

/** Runs a program in a language, with what its compile step and its cases came to. */
export const runLanguage = async (
  executor: ExecutorAddress,
  worker: FakeWorker,
  source: string,
  options: JobOptions & { readonly language: LanguageOrder },
): Promise<JudgedResult> => {
  const entrypoint = options.entrypoint ?? languageById(options.language.id)?.source ?? "main";
  const limits = { memoryBytes: 512 * MIB, ...options.limits };
  const result = await runJob(executor, worker, source, { ...options, entrypoint, limits });
  const { events } = result.attempt;
  const compiled = events.find((event) => event.type === "compiled") ?? null;
  return { ...result, compiled, cases: events.filter((event) => event.type === "case") };
};
