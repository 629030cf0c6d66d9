import { claimJob as claim, claimForm } from "../../domain/typed-jobs/commands.ts";
import { fieldErrors } from "../../wire/typed-jobs.ts";
import { preferenceApplied, preferredWait } from "../kit/prefer.ts";
import { objectOf } from "./body.ts";
import { commandsOf, type JobsHandler, jobAnswer, unfit } from "./respond.ts";

/** A worker that waits for work makes the service look for it this often, one row read each time. */
const LOOK_MS = 1_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Hands the oldest waiting job to a worker outside, as processing and with a lease; 204 when there is
 * none, at once or after `Prefer: wait`. PATCH renews the lease; without news the job ends in error.
 */
export const claimJob: JobsHandler = async (request) => {
  const { c, deps, definition } = request;
  const body = c.req.raw.body === null ? {} : await objectOf(request);
  if (body instanceof Response) return body;
  const asked = claimForm.safeParse(body);
  if (!asked.success) return unfit(c, fieldErrors(asked.error));
  const seconds = preferredWait(c);
  if (seconds !== null) preferenceApplied(c, seconds);
  const untilMs = deps.now() + (seconds ?? 0) * 1_000;
  const context = commandsOf(deps, definition);
  for (;;) {
    const job = await claim(context, asked.data.staleAfterSeconds);
    if (job !== null) {
      c.header("Location", `${definition.prefix}/jobs/${job.id}`);
      return jobAnswer(request, job, 200);
    }
    const leftMs = untilMs - deps.now();
    if (leftMs <= 0) return c.body(null, 204);
    await pause(Math.min(LOOK_MS, leftMs));
  }
};
