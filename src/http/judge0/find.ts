import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot, StoredBytes } from "../../domain/job/record.ts";
import { CASES_MAX } from "../../wire/judging.ts";
import { judge0Submission } from "./submission.ts";
import type { Seen } from "./view.ts";

const TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const bytesOf = async (deps: Deps, stored: StoredBytes): Promise<Uint8Array | null> => {
  if (stored.kind === "inline") return stored.bytes;
  const found = await deps.bucket.get(stored.key);
  return found === null ? null : new Uint8Array(await new Response(found.body).arrayBuffer());
};

/** The job of a token as `read` finds it; null for one that is no submission of this door. */
export const findSubmission = async (deps: Deps, token: string, waitMs = 0): Promise<Seen | null> => {
  if (!TOKEN.test(token)) return null;
  const job = deps.jobs.byId(token);
  const snapshot: JobSnapshot | null = waitMs > 0 ? await job.waitForEnd(waitMs) : await job.snapshot();
  if (snapshot?.door !== "judge0") return null;
  const stored = await job.doorData();
  const bytes = stored === null ? null : await bytesOf(deps, stored);
  if (bytes === null) return null;
  const submission = judge0Submission.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return { token, submission, snapshot, cases: (await job.cases(0, CASES_MAX)) ?? [] };
};
