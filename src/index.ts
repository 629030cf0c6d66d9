import { createService } from "./app.ts";
import type { Deps } from "./deps/types.ts";
import { depsFor, typedJobDepsFor } from "./deps.ts";
import { jobsEntrypoint } from "./jobs-entrypoint.ts";
import { consumeBucketEvents } from "./queue/bucket-events.ts";
import { consumeDispatch, consumeFunctions } from "./queue/consumer.ts";
import { consumeDeadLetters } from "./queue/dead-letter.ts";
import { sweep } from "./queue/sweep.ts";
import { jobs, webhookEndpoints, workloads } from "./service.ts";

export { ExecutorContainer } from "../durable/executor-container.ts";
export { IdempotencyObject } from "../durable/idempotency-object.ts";
export { JobObject } from "../durable/job-object.ts";
export { PoolObject } from "../durable/pool-object.ts";
export { QuotaObject } from "../durable/quota-object.ts";
export { TypedJobObject } from "../durable/typed-job-object.ts";
export { WebhookObject } from "../durable/webhook-object.ts";

/** The typed jobs for Workers of the same account, over a service binding. */
export class JobsEntrypoint extends jobsEntrypoint(jobs) {}

type RawEnv = Record<string, unknown>;
type Service = { readonly deps: Deps; readonly app: ReturnType<typeof createService> };

const services = new WeakMap<RawEnv, Service>();

const serviceFor = (env: RawEnv): Service => {
  const known = services.get(env);
  if (known !== undefined) return known;
  const deps = depsFor(env, webhookEndpoints);
  const service = { deps, app: createService(deps) };
  services.set(env, service);
  return service;
};

export default {
  fetch: (request, env, ctx) => serviceFor(env).app.fetch(request, env, ctx),
  queue: ({ queue, messages }, env) => {
    const { deps } = serviceFor(env);
    if (queue.endsWith("-dead")) return consumeDeadLetters(deps, messages);
    if (queue.endsWith("-bucket-events")) return consumeBucketEvents(deps, messages);
    if (queue.endsWith("-functions")) return consumeFunctions({ ...deps, workloads }, messages);
    return consumeDispatch(deps, messages);
  },
  scheduled: (event, env) => sweep(serviceFor(env).deps, typedJobDepsFor(env), event.scheduledTime),
} satisfies ExportedHandler<RawEnv>;
