import {
  CASES_CPU_MS,
  CASES_WALL_MS,
  type CasesStoppedBy,
  type PhaseLimits,
} from "../../src/wire/judging.ts";
import type { Ending } from "../verdict.ts";

/** The cases' common budgets, from now on, and what the next case may use of them. */
export const createBudget = (
  { cpuMs: wholeCpuMs, wallMs } = { cpuMs: CASES_CPU_MS, wallMs: CASES_WALL_MS },
  now: () => number = () => performance.now(),
) => {
  let cpuMs = wholeCpuMs;
  const untilMs = now() + wallMs;
  return {
    spend: (usedCpuUs: number): void => {
      cpuMs -= usedCpuUs / 1_000;
    },
    /** Which budget is used up; null while there is some of both. */
    exhausted: (): CasesStoppedBy | null => {
      if (cpuMs < 1) return "cpu_budget";
      return now() >= untilMs ? "wall_budget" : null;
    },
    within: (limits: PhaseLimits): PhaseLimits => ({
      ...limits,
      cpuMs: Math.max(1, Math.min(limits.cpuMs, Math.floor(cpuMs))),
      timeoutMs: Math.max(1, Math.min(limits.timeoutMs, Math.ceil(untilMs - now()))),
    }),
  };
};

/** Which budget ended a case before its own limit, so that it had no fair run; null where none did. */
export const endedByBudget = (
  { reason }: Pick<Ending, "reason">,
  own: PhaseLimits,
  given: PhaseLimits,
): CasesStoppedBy | null => {
  if (reason === "timeout_cpu" && given.cpuMs < own.cpuMs) return "cpu_budget";
  return reason === "timeout_wall" && given.timeoutMs < own.timeoutMs ? "wall_budget" : null;
};
