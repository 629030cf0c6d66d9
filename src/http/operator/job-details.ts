import type { z } from "@hono/zod-openapi";
import type { JobInspection } from "../../domain/ports/job-objects.ts";
import { webhookEventOf } from "../../domain/typed-jobs/announcement.ts";
import type { TypedJob } from "../../domain/typed-jobs/job.ts";
import { deliveriesOf } from "../../domain/webhooks/deliveries.ts";
import type { jobDetails } from "../../wire/operator.ts";
import type { WebhookDelivery } from "../../wire/webhook-delivery.ts";
import type { Found, OperatorDeps } from "./find-job.ts";

type Details = z.infer<typeof jobDetails>;
type Told = Omit<Details, "ref" | "webhooks">;

const timelineOf = (events: readonly (readonly [number | null, string])[]): Details["timeline"] =>
  events.flatMap(([at, what]) => (at === null ? [] : [{ at, what }])).sort((one, other) => one.at - other.at);

const typedDetails = (job: TypedJob): Told => {
  const { status: state, owner, registeredAtMs, updatedAtMs, completedAtMs, errors, lease } = job;
  return {
    face: "jobs",
    state,
    owner,
    created_at: registeredAtMs,
    updated_at: updatedAtMs,
    finished_at: completedAtMs,
    attempts: 0,
    reason: errors?.at(-1) ?? null,
    attempt: null,
    effects: { failures_in_a_row: 0, owes_message: job.queueDue !== null, wakes_at: lease?.untilMs ?? null },
    timeline: timelineOf([
      [registeredAtMs, "registered"],
      [completedAtMs === null ? updatedAtMs : null, `last change: ${state}`],
      [completedAtMs, `ended: ${state}`],
    ]),
  };
};

/** What the attempt under way says of itself, beside what has happened. */
const reportOf = (attempt: JobInspection["attempt"]): [number | null, string][] =>
  attempt === null
    ? []
    : [[attempt.startedAtMs, `attempt ${attempt.number} has reported ${attempt.lastEvent} events`]];

const coreDetails = ({ snapshot: job, attempt, failedEffects, wakesAtMs }: JobInspection): Told => ({
  face: job.face,
  state: job.state,
  owner: job.owner === "" ? null : job.owner,
  created_at: job.createdAtMs,
  updated_at: job.updatedAtMs,
  finished_at: job.finishedAtMs,
  attempts: job.attemptsMade,
  reason: job.result?.reason ?? null,
  attempt:
    attempt === null
      ? null
      : {
          number: attempt.number,
          executor: attempt.instance,
          started_at: attempt.startedAtMs,
          events: attempt.lastEvent,
          lease_until: attempt.leaseUntilMs,
          cpu_seconds: attempt.cpuSeconds,
        },
  effects: { failures_in_a_row: failedEffects, owes_message: false, wakes_at: wakesAtMs },
  timeline: timelineOf([
    [job.createdAtMs, "created"],
    ...(job.history ?? []).map(({ atMs, what }): [number, string] => [atMs, what]),
    ...reportOf(attempt),
  ]),
});

const webhooksOf = async ({ webhooks }: OperatorDeps, one: Found): Promise<readonly WebhookDelivery[]> => {
  if (one.kind === "core") return deliveriesOf(webhooks, one.handle.objectId, one.job.snapshot);
  const type = webhookEventOf(one.job.status);
  if (type === null || one.job.webhooks.length === 0) return [];
  return webhooks.deliveriesOf(one.job.webhooks, one.job.id, type, one.job.revision);
};

/** A job as the operator is shown it: nothing of what its client sent, and no id of an anonymous run. */
export const detailsOf = async (deps: OperatorDeps, ref: string, one: Found): Promise<Details> => {
  const told = one.kind === "typed" ? typedDetails(one.job) : coreDetails(one.job);
  return { ref, ...told, webhooks: [...(await webhooksOf(deps, one))] };
};
