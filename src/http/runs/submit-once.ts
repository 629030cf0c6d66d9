import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import { goingOn } from "../kit/going-on.ts";
import { idempotencyKeyOf, idempotently, isIdempotencyKey } from "../kit/idempotency.ts";
import { problem } from "./problem.ts";
import { answerSubmission, replaySubmission, submittedBody } from "./submit-answers.ts";

/** What makes a run, and by what a repeated request is recognized. */
export type SubmissionWork = {
  /** `mayBeThere`: the id is that of an earlier request, which may have made the run before it died. */
  run(id: string, mayBeThere: boolean): Promise<SubmissionOutcome>;
  /** Of what the request asked for; `outcome` is null where it was only read. Null when it cannot be read. */
  fingerprint(outcome: Extract<SubmissionOutcome, { kind: "accepted" }> | null): Promise<string | null>;
};

const underKey = async (
  c: Context,
  deps: Deps,
  clientKey: string,
  key: string,
  work: SubmissionWork,
): Promise<Response> => {
  const under = { scope: `runs ${clientKey}`, key, jobId: deps.ids.runId() };
  const once = idempotently<SubmissionOutcome>(deps.idempotencyKeys, deps.ids, under, {
    run: async (id) => {
      const value = await work.run(id, id !== under.jobId);
      if (value.kind !== "accepted") return { value, fingerprint: "", answer: null };
      const answer = JSON.stringify(await submittedBody(deps, value.snapshot, value.warnings));
      return { value, fingerprint: (await work.fingerprint(value)) ?? "", answer };
    },
    fingerprint: () => work.fingerprint(null),
  });
  const outcome = await goingOn(c, once);
  switch (outcome.kind) {
    case "fresh":
      return answerSubmission(c, deps, outcome.value);
    case "replayed":
      return replaySubmission(c, deps, outcome.answer);
    case "in_flight":
      return problem(c, {
        code: "request_in_flight",
        error: "A request with this Idempotency-Key is being handled; ask again",
        retryAfterSeconds: 1,
      });
    case "other_body":
      return problem(c, {
        code: "key_reused",
        error: "This Idempotency-Key was used with another body; use a new key for a new run",
      });
  }
};

/** The request's `Idempotency-Key`, null without one; else the answer that refuses it. */
export const usableKey = (c: Context): string | null | Response => {
  const key = idempotencyKeyOf(c);
  if (key === null || isIdempotencyKey(key)) return key;
  const error = "Idempotency-Key must have 1 to 255 visible ASCII characters";
  return problem(c, { code: "invalid_request", error });
};

/** Makes a run, at most once where the client sent a key, and goes on with it should the client leave. */
export const submitOnce = async (
  c: Context,
  deps: Deps,
  clientKey: string,
  key: string | null,
  work: SubmissionWork,
): Promise<Response> => {
  if (key !== null) return underKey(c, deps, clientKey, key, work);
  return answerSubmission(c, deps, await goingOn(c, work.run(deps.ids.runId(), false)));
};
