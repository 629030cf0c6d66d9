import { createService, type DeployedService } from "./app.ts";
import type { Deps } from "./deps/types.ts";
import { depsFor, typedJobDepsFor } from "./deps.ts";
import { consumeBucketEvents } from "./queue/bucket-events.ts";
import { consumeDispatch, consumeFunctions } from "./queue/consumer.ts";
import { consumeDeadLetters } from "./queue/dead-letter.ts";
import { queueRole } from "./queue/roles.ts";
import { sweep } from "./queue/sweep.ts";

type RawEnv = Record<string, unknown>;
type Service = { readonly deps: Deps; readonly app: ReturnType<typeof createService> };

/** Makes a service's adapters and app once for each environment, which is once for each isolate. */
const servicesOf = (deployed: DeployedService): ((env: RawEnv) => Service) => {
  const services = new WeakMap<RawEnv, Service>();
  return (env) => {
    const known = services.get(env);
    if (known !== undefined) return known;
    const deps = depsFor(env, deployed.webhookEndpoints ?? []);
    const service = { deps, app: createService(deps, deployed) };
    services.set(env, service);
    return service;
  };
};

/** What a deployment's main module exports as its default: the declared service behind all faces. */
export const serve = (deployed: DeployedService) => {
  const serviceFor = servicesOf(deployed);
  const { workloads = [] } = deployed;
  return {
    fetch: (request, env, ctx) => serviceFor(env).app.fetch(request, env, ctx),
    queue: ({ queue, messages }, env) => {
      const { deps } = serviceFor(env);
      const role = queueRole(env.QUEUE_ROLES, queue);
      if (role === "dead-letters") return consumeDeadLetters(deps, messages);
      if (role === "bucket-events") return consumeBucketEvents(deps, messages);
      if (role === "functions") return consumeFunctions({ ...deps, workloads }, messages);
      return consumeDispatch(deps, messages);
    },
    scheduled: (event, env) => sweep(serviceFor(env).deps, typedJobDepsFor(env), event.scheduledTime),
  } satisfies ExportedHandler<RawEnv>;
};
