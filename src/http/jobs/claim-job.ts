import { type CommandContext, claimForm, claimJob as claimOldest } from "../../domain/typed-jobs/commands.ts";
import type { TypedJob } from "../../domain/typed-jobs/job.ts";
import { fieldErrors } from "../../wire/typed-jobs.ts";
import { preferenceApplied, preferredWait } from "../kit/prefer.ts";
import { takes } from "../kit/request-headers.ts";
import { jobsCaller } from "./auth.ts";
import { objectOf } from "./body.ts";
import { contextOf, type JobsHandler, type JobsOperation, jobAnswer, unfit } from "./respond.ts";
import { ETAG, jobIs, json, LOCATION, problems } from "./schemas.ts";

/** The oldest waiting job, now or when one comes; the bell is read before each look, so that none is missed. */
const claimWithin = async (
  context: CommandContext,
  leaseSeconds: number | undefined,
  waitMs: number,
  { now, mayGoOn }: { now: () => number; mayGoOn: () => Promise<boolean> },
): Promise<TypedJob | null> => {
  const work = context.objects.work();
  const untilMs = now() + waitMs;
  for (let seen: string | null = null; ; ) {
    const job = await claimOldest(context, leaseSeconds);
    const leftMs = untilMs - now();
    if (job !== null || leftMs <= 0) return job;
    if (seen !== null) {
      await work.wait(seen, leftMs);
      if (!(await mayGoOn())) return null;
    }
    seen = await work.seen();
  }
};

/**
 * Hands the oldest waiting job to a worker outside, as processing and with a lease; 204 when there is
 * none, at once or after `Prefer: wait`. PATCH renews the lease; without news the job ends in error.
 */
const claimJob: JobsHandler = async (request) => {
  const { c, deps, definition } = request;
  const body = c.req.raw.body === null ? {} : await objectOf(request);
  if (body instanceof Response) return body;
  const asked = claimForm.safeParse(body);
  if (!asked.success) return unfit(c, fieldErrors(asked.error));
  const seconds = preferredWait(c);
  if (seconds !== null) preferenceApplied(c, seconds);
  const context = contextOf(request);
  // A worker whose key has ended while it waited is given nothing.
  const mayGoOn = async (): Promise<boolean> => (await jobsCaller(c, deps, definition)).kind === "allow";
  const waitMs = (seconds ?? 0) * 1_000;
  const job = await claimWithin(context, asked.data.staleAfterSeconds, waitMs, { now: deps.now, mayGoOn });
  if (job === null) return c.body(null, 204);
  c.header("Location", `${definition.prefix}/jobs/${job.id}`);
  return jobAnswer(request, job, 200);
};

export const claim: JobsOperation = {
  contract: (schemas) => ({
    method: "post",
    path: "/jobs/claim",
    operationId: "processingjobClaim",
    tags: ["jobs"],
    summary: "Take the oldest job that waits for a worker",
    request: {
      headers: takes("Prefer"),
      body: { required: false, content: json(schemas.claim) },
    },
    responses: {
      200: { ...jobIs(schemas), headers: { ...ETAG, ...LOCATION } },
      204: { description: "No job waits" },
      ...problems(413, 415, 422),
    },
  }),
  handler: claimJob,
};
