import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { type ReportAccepted, report } from "../../wire/report.ts";
import { attemptOf, refuse } from "./attempt-of.ts";
import { boundedJson } from "./bounded-json.ts";

/** `POST /executor/attempts/{id}/events`: an executor's numbered events (src/wire/report.ts). */
export const events =
  (deps: Deps) =>
  async (c: Context): Promise<Response> => {
    const call = await attemptOf(c, deps);
    if (call instanceof Response) return call;
    const body = await boundedJson(c, report);
    if (body instanceof Response) return body;
    const outcome = await call.job.report(call.id, call.tokenHash, body.events);
    if (outcome.kind === "unauthorized") return refuse(c, 401, "unauthorized", "not this attempt's token");
    if (outcome.kind === "stale") return refuse(c, 409, "stale_attempt", "the attempt does not hold the job");
    if (outcome.kind === "gap") {
      return refuse(c, 409, "gap", "events are missing before this batch", outcome.expected);
    }
    const { acknowledged, cancel } = outcome;
    return c.json({ acknowledged, cancel } satisfies ReportAccepted);
  };
