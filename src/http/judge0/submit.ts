import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { blockedText } from "../../domain/access/block.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { traceOf } from "../kit/trace.ts";
import { rateLimitHeaders } from "../runs/rate-limit-headers.ts";
import { type Judge0Language, judge0Languages } from "./languages.ts";
import { programOf } from "./program.ts";
import { type Judge0Errors, parseSubmission } from "./submission.ts";

/** What became of one submission. */
export type Submitted =
  | { readonly kind: "accepted"; readonly token: string }
  | { readonly kind: "wrong"; readonly errors: Judge0Errors }
  | { readonly kind: "refused"; readonly response: Response };

const refusedBy = (c: Context, outcome: Exclude<SubmissionOutcome, { kind: "accepted" }>): Submitted => {
  switch (outcome.kind) {
    case "over_quota": {
      const { usage } = outcome;
      for (const [name, value] of Object.entries(rateLimitHeaders(usage))) c.header(name, value);
      c.header("Retry-After", String(usage.refusal?.retryAfterSeconds ?? 1));
      return {
        kind: "refused",
        response: c.json({ error: usage.refusal?.reason ?? "too many requests" }, 429),
      };
    }
    case "bad_upload":
      return { kind: "wrong", errors: { base: [outcome.refusal.message] } };
    case "bad_fields":
      return { kind: "wrong", errors: { base: outcome.errors.map(({ message }) => message) } };
    case "blocked":
      return { kind: "refused", response: c.json({ error: blockedText(outcome.reason) }, 403) };
    case "no_room":
      return { kind: "refused", response: queueIsFull(c) };
  }
};

/** What is said when nobody can run it now. */
export const queueIsFull = (c: Context): Response => {
  c.header("Retry-After", "5");
  return c.json({ error: "queue is full" }, 503);
};

/** The languages as the original lists them. */
export const knownLanguages = async (deps: Deps): Promise<readonly Judge0Language[]> =>
  judge0Languages((await deps.pool.capabilities()).languages);

const NO_CALLBACKS = "setting callback is not allowed";

/** Makes one submission's job. */
export const submitOne = async (
  c: Context,
  deps: Deps,
  { owner, clientKey }: DoorCaller,
  given: Record<string, unknown>,
  reading: { readonly isBase64: boolean; readonly known: readonly Judge0Language[] },
): Promise<Submitted> => {
  const callbacks = (url: string): string | null =>
    owner === null || !deps.doors.callbacks ? NO_CALLBACKS : deps.clientWebhooks.refuse(url);
  const parsed = parseSubmission(given, reading.isBase64, reading.known, callbacks);
  if (parsed.kind === "wrong") return parsed;
  const { submission, language, hasStackLimit } = parsed;
  const program = await programOf(language, submission, hasStackLimit);
  if (program.kind === "wrong") return program;
  const token = deps.ids.jobId();
  const door = { name: "judge0" as const, data: new TextEncoder().encode(JSON.stringify(submission)) };
  const outcome = await acceptRun(deps, {
    id: token,
    owner,
    clientKey,
    source: program.source,
    door,
    trace: traceOf(c),
  });
  return outcome.kind === "accepted" ? { kind: "accepted", token } : refusedBy(c, outcome);
};
