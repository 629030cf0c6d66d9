import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { blockedText } from "../../domain/access/block.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import type { QuotaUsage } from "../../domain/quota/quota.ts";
import { statusBody } from "../../domain/runs/status-body.ts";
import { statusWord } from "../../domain/status-words.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import type { UploadRefusal } from "../../uploads/index.ts";
import { preferredWait } from "../kit/prefer.ts";
import type { RefusalCode } from "../kit/refusal.ts";
import { caseResultsOf } from "./case-results.ts";
import { outputOf } from "./first-output.ts";
import { problem } from "./problem.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";
import { submittedSchema } from "./schemas.ts";
import { awaitedSnapshot, queuePositionOf } from "./status.ts";

const uploadCode = (refusal: UploadRefusal): RefusalCode => {
  if (refusal.code === "too_large") return "too_large";
  return refusal.code === "unsupported_media_type" ? "unsupported_media_type" : "invalid_upload";
};

const overQuota = (c: Context, usage: QuotaUsage): Response => {
  for (const [name, value] of Object.entries(rateLimitHeaders(usage))) c.header(name, value);
  return problem(c, {
    code: "rate_limited",
    error: "Rate limit exceeded",
    retryAfterSeconds: usage.refusal?.retryAfterSeconds ?? 1,
    extra: {
      reason: usage.refusal?.reason ?? "",
      cpu_available: usage.availableCpuSeconds,
      active_jobs: usage.activeJobs,
    },
  });
};

/** The refusal of an upload, which names the multipart part at fault. */
export const uploadProblem = (c: Context, refusal: UploadRefusal): Response => {
  const { message, field } = refusal;
  const details = field === undefined ? {} : { details: [{ field, message }] };
  return problem(c, { code: uploadCode(refusal), error: message, ...details });
};

const refusal = (c: Context, outcome: Exclude<SubmissionOutcome, { kind: "accepted" }>): Response => {
  switch (outcome.kind) {
    case "over_quota":
      return overQuota(c, outcome.usage);
    case "bad_upload":
      return uploadProblem(c, outcome.refusal);
    case "bad_fields": {
      const [first] = outcome.errors;
      const where = first?.field && !first.isSentence ? `${first.field} ` : "";
      return problem(c, {
        code: "invalid_manifest",
        error: `${where}${first?.message ?? "The manifest does not fit"}`,
        details: outcome.errors.map(({ field, message }) => ({ field, message })),
      });
    }
    case "blocked":
      return problem(c, { code: "forbidden", error: blockedText(outcome.reason) });
    case "no_room":
      return problem(c, {
        code: "unavailable",
        error: "Too many runs wait; try again later",
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
  }
};

const warned = (warnings: readonly string[]) => (warnings.length === 0 ? {} : { warnings: [...warnings] });

/** What the owner checks the events of the run's own receiver with; it is not kept with the answer. */
const secretPart = async (deps: Deps, snapshot: JobSnapshot): Promise<{ webhook_secret?: string }> => {
  const secret = await deps.clientWebhooks.secretOf(snapshot.webhooks);
  return secret === null ? {} : { webhook_secret: secret };
};

/** Body of an accepted submission. */
export const submittedBody = async (
  deps: Deps,
  snapshot: JobSnapshot,
  warnings: readonly string[],
): Promise<z.infer<typeof submittedSchema>> => {
  const position = await queuePositionOf(deps, snapshot);
  const status = statusWord("runs", snapshot.state) as z.infer<typeof submittedSchema>["status"];
  return { job_id: snapshot.id, status, queue_position: position, position, ...warned(warnings) };
};

/** The run as accepted, or, where the client prefers to wait, as it ended; then with its whole status. */
const accepted = async (
  c: Context,
  deps: Deps,
  snapshot: JobSnapshot,
  warnings: readonly string[],
): Promise<Response> => {
  const secret = await secretPart(deps, snapshot);
  if (preferredWait(c) === null)
    return c.json({ ...(await submittedBody(deps, snapshot, warnings)), ...secret });
  const ended = (await awaitedSnapshot(c, deps.jobs.byId(snapshot.id))) ?? snapshot;
  const { position } = await submittedBody(deps, ended, warnings);
  const output = await outputOf(deps.jobs.byId(snapshot.id));
  const { part } = await caseResultsOf(deps.jobs.byId(snapshot.id), ended, true);
  return c.json({
    ...statusBody(ended, position),
    ...part,
    position,
    ...warned(warnings),
    ...output,
    ...secret,
  });
};

/** What a submission is answered with. */
export const answerSubmission = async (
  c: Context,
  deps: Deps,
  outcome: SubmissionOutcome,
): Promise<Response> => {
  if (outcome.kind !== "accepted") return refusal(c, outcome);
  const headers = outcome.usage === null ? {} : rateLimitHeaders(outcome.usage);
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  return accepted(c, deps, outcome.snapshot, outcome.warnings);
};

/** The job of the first request as it is now; one that was deleted since is told as it was accepted. */
export const replaySubmission = async (c: Context, deps: Deps, answer: string): Promise<Response> => {
  c.header("Idempotency-Replayed", "true");
  const body = submittedSchema.parse(JSON.parse(answer));
  const snapshot = await deps.jobs.byId(body.job_id).snapshot();
  return snapshot === null ? c.json(body) : accepted(c, deps, snapshot, body.warnings ?? []);
};
