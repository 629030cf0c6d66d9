import { z } from "zod";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { isTerminal } from "../../domain/job/state.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { formatSize, mimeType } from "../../domain/runs/output-kinds.ts";
import { selectedOutputs } from "../../domain/runs/status-body.ts";
import { statusWord } from "../../domain/status-words.ts";
import { runReport } from "../../wire/run-answers.ts";
import { caseResultsOf } from "../runs/case-results.ts";

/** Of each stream, so many characters stand in an answer: a long log would fill an agent's memory. */
const HEAD_CHARS = 12_288;
const TAIL_CHARS = 4_096;
/** Of what a case printed. */
const CASE_CHARS = 2_048;
const PAGE_BYTES = 1_048_576;
const MIB = 1_048_576;

/** What the tools that run programs answer, for the client's code; `content` says the same to the model. */
export const runAnswerSchema = z.object({
  job_id: z.string(),
  status: z.string(),
  exit_code: z.int().nullable(),
  termination_reason: z.string().nullable(),
  reason_message: z.string().nullable(),
  cpu_seconds: z.number(),
  memory_peak_bytes: z.int(),
  wall_time_ms: z.int(),
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  outputs: z.array(z.object({ path: z.string(), size_bytes: z.int(), mime_type: z.string() })),
  warnings: z.array(z.string()),
  compile: z.object({ status: z.string(), output: z.string() }).optional(),
  verdict: z.string().optional(),
  cases: z
    .array(z.object({ id: z.string(), verdict: z.string(), stdout: z.string(), stderr: z.string() }))
    .optional(),
});
export type RunAnswer = z.infer<typeof runAnswerSchema>;

const shortened = (text: string): string => {
  if (text.length <= HEAD_CHARS + TAIL_CHARS) return text;
  const left = text.length - HEAD_CHARS - TAIL_CHARS;
  const [head, tail] = [text.slice(0, HEAD_CHARS), text.slice(-TAIL_CHARS)];
  return `${head}\n[... ${left} characters; read_log shows them ...]\n${tail}`.toWellFormed();
};

const printed = async (run: JobHandle) => {
  const page = await run.logs(null, PAGE_BYTES);
  // What the compiler printed stands apart.
  const records = (page?.records ?? []).filter(({ phase }) => phase !== "compile");
  const textOf = (stream: "stdout" | "stderr"): string =>
    records.reduce((text, one) => (one.stream === stream ? text + one.data : text), "");
  const more = page?.more ? `\n[... more; read_log with after=${page.next} goes on ...]\n` : "";
  return {
    stdout: shortened(textOf("stdout")) + more,
    stderr: shortened(textOf("stderr")),
    truncated: page?.truncated ?? false,
  };
};

/** What a compile step and cases say; nothing of a run that has neither. */
const judgedPart = async (run: JobHandle, snapshot: JobSnapshot): Promise<Partial<RunAnswer>> => {
  const { compiled, result } = snapshot;
  const { part } = await caseResultsOf(run, snapshot, true);
  const { case_results: cases = [] } = runReport.pick({ case_results: true }).parse(part);
  const compile =
    compiled === undefined
      ? {}
      : { compile: { status: compiled.status, output: shortened(compiled.output) } };
  if (cases.length === 0 && result?.judged === undefined) return compile;
  const shown = (text = ""): string => text.slice(0, CASE_CHARS).toWellFormed();
  return {
    ...compile,
    ...(result?.judged === undefined ? {} : { verdict: result.judged.verdict }),
    cases: cases.map(({ id, verdict, stdout, stderr }) => ({
      id,
      verdict,
      stdout: shown(stdout),
      stderr: shown(stderr),
    })),
  };
};

export const runAnswer = async (
  run: JobHandle,
  snapshot: JobSnapshot,
  warnings: readonly string[] = [],
): Promise<RunAnswer> => {
  const { result } = snapshot;
  return {
    job_id: snapshot.id,
    status: statusWord("runs", snapshot.state),
    exit_code: result?.exitCode ?? null,
    termination_reason: result?.reason ?? null,
    reason_message: result?.message ?? null,
    cpu_seconds: result?.cpuSeconds ?? 0,
    memory_peak_bytes: result?.memoryPeakBytes ?? 0,
    wall_time_ms: result?.wallTimeMs ?? 0,
    ...(await printed(run)),
    outputs: selectedOutputs(snapshot).map(({ path, sizeBytes }) => ({
      path,
      size_bytes: sizeBytes,
      mime_type: mimeType(path),
    })),
    warnings: [...warnings],
    ...(await judgedPart(run, snapshot)),
  };
};

const headline = (answer: RunAnswer, isOver: boolean): string => {
  if (!isOver) {
    return `${answer.job_id} is ${answer.status}; get_run waits for its end, read_log follows what it prints.`;
  }
  const verdict = answer.exit_code === null ? "" : ` with exit code ${answer.exit_code}`;
  const isPlain = answer.termination_reason === "exit" || answer.termination_reason === null;
  const reason = isPlain ? "" : ` (${answer.reason_message ?? answer.termination_reason})`;
  const figures = [
    `${answer.wall_time_ms / 1_000} s`,
    `${answer.cpu_seconds.toFixed(2)} s of CPU`,
    `${Math.ceil(answer.memory_peak_bytes / MIB)} MiB`,
  ];
  return `${answer.job_id} ${answer.status}${verdict}${reason}: ${figures.join(", ")}.`;
};

const section = (title: string, text: string): string[] =>
  text === "" ? [] : [`--- ${title} ---\n${text.replace(/\n$/, "")}`];

const caseText = ({ id, verdict, stdout, stderr }: NonNullable<RunAnswer["cases"]>[number]): string => {
  const said = verdict === "accepted" ? "" : `\n${stdout}${stderr}`.trimEnd();
  return `${id}: ${verdict}${said}`;
};

const textOf = (answer: RunAnswer, isOver: boolean): string => {
  const outputs = answer.outputs.map(
    ({ path, size_bytes, mime_type }) => `${path} (${formatSize(size_bytes)}, ${mime_type})`,
  );
  return [
    headline(answer, isOver),
    ...(answer.verdict === undefined ? [] : [`Verdict: ${answer.verdict}`]),
    ...answer.warnings,
    ...section("compiler", answer.compile?.output ?? ""),
    ...section("cases", (answer.cases ?? []).map(caseText).join("\n")),
    ...section("stdout", answer.stdout),
    ...section("stderr", answer.stderr),
    ...(answer.truncated ? ["The log passed its cap; what came behind it is lost."] : []),
    ...section("files, for read_output", outputs.join("\n")),
  ].join("\n");
};

/** A run as the result of a tool: what it printed and made, not its id alone. */
export const runResult = async (run: JobHandle, snapshot: JobSnapshot, warnings: readonly string[] = []) => {
  const answer = await runAnswer(run, snapshot, warnings);
  const text = textOf(answer, isTerminal(snapshot.state));
  return { content: [{ type: "text" as const, text }], structuredContent: answer };
};

/** What a tool says when it cannot do what it was asked. */
export const toolError = (text: string) => ({ content: [{ type: "text" as const, text }], isError: true });
