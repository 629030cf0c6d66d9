import { createApp } from "./app.ts";
import { type Deps, depsFor } from "./deps.ts";
import { consumeDispatch } from "./queue/consumer.ts";
import { consumeDeadLetters } from "./queue/dead-letter.ts";
import { sweepOverdueJobs } from "./queue/sweep.ts";
import { webhookEndpoints } from "./service.ts";

export { ExecutorContainer } from "../durable/executor-container.ts";
export { IdempotencyObject } from "../durable/idempotency-object.ts";
export { JobObject } from "../durable/job-object.ts";
export { QuotaObject } from "../durable/quota-object.ts";
export { WebhookObject } from "../durable/webhook-object.ts";

type RawEnv = Record<string, unknown>;
type Service = { readonly deps: Deps; readonly app: ReturnType<typeof createApp> };

const services = new WeakMap<RawEnv, Service>();

const serviceFor = (env: RawEnv): Service => {
  const known = services.get(env);
  if (known !== undefined) return known;
  const deps = depsFor(env, webhookEndpoints);
  const service = { deps, app: createApp(deps) };
  services.set(env, service);
  return service;
};

export default {
  fetch: (request, env, ctx) => serviceFor(env).app.fetch(request, env, ctx),
  queue: (batch, env) =>
    batch.queue.endsWith("-dead")
      ? consumeDeadLetters(serviceFor(env).deps, batch.messages)
      : consumeDispatch(serviceFor(env).deps, batch.messages),
  scheduled: (event, env) => sweepOverdueJobs(serviceFor(env).deps, event.scheduledTime),
} satisfies ExportedHandler<RawEnv>;
