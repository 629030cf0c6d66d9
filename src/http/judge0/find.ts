import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { wholeBytes } from "../../domain/job/stored-bytes.ts";
import { judge0Submission } from "../../domain/judge0/submission-record.ts";
import type { Seen } from "../../domain/judge0/view.ts";
import { CASES_MAX } from "../../wire/judging.ts";

const TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The job of a token as `read` finds it; null for one that is no submission of this door. */
export const findSubmission = async (deps: Deps, token: string, waitMs = 0): Promise<Seen | null> => {
  if (!TOKEN.test(token)) return null;
  const job = deps.jobs.byId(token);
  const snapshot: JobSnapshot | null = waitMs > 0 ? await job.waitForEnd(waitMs) : await job.snapshot();
  if (snapshot?.door !== "judge0") return null;
  const stored = await job.doorData();
  const bytes = stored === null ? null : await wholeBytes(deps.bucket, stored);
  if (bytes === null) return null;
  const submission = judge0Submission.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { token, submission, snapshot, cases: (await job.cases(0, CASES_MAX)) ?? [] };
};
