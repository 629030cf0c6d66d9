import type { Deps } from "../../deps/types.ts";
import { quotaSubjectOf } from "../../domain/access/caller.ts";
import { repeatRun } from "../../domain/submission/repeat-run.ts";
import { takes } from "../kit/request-headers.ts";
import { traceOf } from "../kit/trace.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { withHolder } from "./holder.ts";
import { jsonResponse, problemResponse, runIdParam, submittedSchema, unknownJob } from "./schemas.ts";
import { submitOnce, usableKey } from "./submit-once.ts";

export const repeat = (deps: Deps): RunOperation => ({
  contract: {
    method: "post",
    path: "/runs/{id}/repeat",
    operationId: "repeatRun",
    tags: ["runs"],
    summary: "Run a program of yours again, as a new run",
    description:
      "The same files, arguments, stdin, environment, limits, cases and `webhook_url`, for as long as the first run is kept, be it " +
      "ended or not. It counts as a submission does, and is answered like one; `Prefer: wait=n` and " +
      "`Idempotency-Key` work as there. A body is not looked at.",
    security: [{ bearerKey: [] }, { headerKey: [] }],
    request: { params: runIdParam, headers: takes("Prefer", "Idempotency-Key") },
    responses: {
      200: jsonResponse("The new run is accepted", submittedSchema),
      400: problemResponse("What the run needs is not there any more"),
      ...unknownJob,
      409: problemResponse("A request with this Idempotency-Key is being handled"),
      422: problemResponse("The Idempotency-Key was used for something else"),
      429: problemResponse("Over the quota; `retry_after` says when this rule passes"),
      503: problemResponse("No executor answers"),
    },
  },
  handle: withHolder(deps, async ({ c, caller }) => {
    const key = usableKey(c);
    if (key instanceof Response) return key;
    const first = findRun(c, deps.jobs);
    const original = (await first?.repeatable()) ?? null;
    if (first === null || original?.owner !== caller.owner) return runNotFound(c);
    const { owner } = caller;
    const clientKey = quotaSubjectOf(caller, null) ?? "";
    return submitOnce(c, deps, clientKey, key, {
      run: (id, mayBeThere) =>
        repeatRun(deps, { id, owner, clientKey, trace: traceOf(c), original, mayBeThere }),
      fingerprint: () => Promise.resolve(`repeat ${first.objectId}`),
    });
  }),
});
