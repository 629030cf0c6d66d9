import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { ReportOutcome, ReportProof } from "../../domain/ports/job-objects.ts";
import { REPORT_SIGNATURE_HEADER, signatureText } from "../../wire/pool.ts";
import { type Report, type ReportAccepted, type ReportedUsage, report } from "../../wire/report.ts";
import { traced } from "../kit/trace.ts";
import { attemptOf, refuse } from "./attempt-of.ts";
import { boundedJson } from "./bounded-json.ts";

/** What proves who sent the report; null where nothing was signed. */
const proofOf = async (c: Context, deps: Deps, body: Uint8Array): Promise<ReportProof | null> => {
  const signature = signatureText.safeParse(c.req.header(REPORT_SIGNATURE_HEADER));
  if (!signature.success) return null;
  return { signature: signature.data, bodySha256: await deps.ids.hashOfBytes(body) };
};

const answer = (c: Context, outcome: ReportOutcome): Response => {
  switch (outcome.kind) {
    case "unauthorized":
      return refuse(
        c,
        401,
        "unauthorized",
        "not this attempt's token, or a result that its key did not sign",
      );
    case "stale":
      return refuse(c, 409, "stale_attempt", "the attempt does not hold the job");
    case "gap":
      return refuse(c, 409, "gap", "events are missing before this batch", outcome.expected);
    case "accepted": {
      const { acknowledged, cancel } = outcome;
      return c.json({ acknowledged, cancel } satisfies ReportAccepted);
    }
  }
};

const usageOf = ({ cpuSeconds, memoryPeakBytes }: Report): ReportedUsage | null =>
  cpuSeconds === undefined ? null : { cpuSeconds, memoryPeakBytes: memoryPeakBytes ?? null };

/**
 * `POST /executor/attempts/{id}/events`: an executor's numbered events (src/wire/report.ts). A job that
 * cannot be asked now is 503, never a refusal: the executor sends the same again.
 */
export const events =
  (deps: Deps) =>
  async (c: Context): Promise<Response> => {
    const call = await attemptOf(c, deps);
    if (call instanceof Response) return call;
    let bytes: Uint8Array = new Uint8Array(0);
    const body = await boundedJson(c, report, (seen) => {
      bytes = seen;
    });
    if (body instanceof Response) return body;
    const proof = await proofOf(c, deps, bytes);
    try {
      return answer(c, await call.job.report(call.id, call.bearer, body.events, proof, usageOf(body)));
    } catch (error) {
      deps.log.error("report.failed", error, traced(c));
      return refuse(c, 503, "internal", "the job does not answer; send it again");
    }
  };
