import type { JobSnapshot } from "../../domain/job/record.ts";
import { casesPart } from "../../domain/judging/cases-body.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { CASES_MAX } from "../../wire/judging.ts";

/** What a status has of its run's cases, and a mark that changes with them; nothing where there are none. */
export const caseResultsOf = async (run: JobHandle, { task }: JobSnapshot, withOutput: boolean) => {
  if (task.kind !== "program" || task.caseRules === null) return { part: {}, tag: "" };
  const cases = (await run.cases(0, CASES_MAX)) ?? [];
  return { part: casesPart(task.caseRules.total, cases, withOutput), tag: `-c${cases.length}` };
};
