import type { CaseResult, CaseVerdict, JobVerdict, JudgedCase } from "../../src/wire/judging.ts";
import type { Supervised } from "../supervise.ts";
import { isAsExpected } from "./compare.ts";

/** What a case came to, by the first rule that holds. */
export const verdictOf = (
  { ending, figures }: Pick<Supervised, "ending" | "figures">,
  { limits, expected, compare }: Pick<JudgedCase, "limits" | "expected" | "compare">,
  stdout: Buffer,
): CaseVerdict => {
  const { reason, exitCode } = ending;
  if (reason === "infrastructure") return "internal_error";
  if (reason === "timeout_cpu" || reason === "timeout_wall") return "time_limit";
  if (figures.cpuUs > limits.cpuMs * 1_000) return "time_limit";
  if (reason === "memory") return "memory_limit";
  if (reason === "output_limit") return "output_limit";
  if (reason === "signal" || exitCode !== 0) return "runtime_error";
  if (expected === null) return "accepted";
  return isAsExpected(stdout, Buffer.from(expected, "base64"), compare) ? "accepted" : "wrong_answer";
};

/** The first verdict that is not `accepted`, in the order of the cases. */
export const verdictOfAll = (results: readonly Pick<CaseResult, "verdict">[]): JobVerdict =>
  results.find(({ verdict }) => verdict !== "accepted")?.verdict ?? "accepted";
