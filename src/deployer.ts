/** What a deployer's project imports as `sandpiper/service`. */

export type { DeployedService } from "./app.ts";
export type { WebhookEndpoint } from "./domain/webhooks/endpoint.ts";
export { defineWorkload } from "./domain/workloads/define.ts";
export type { Workload } from "./domain/workloads/types.ts";
export { createApp, type JobOf, type JobsApp, type JobsConfig, jobsEntrypoint } from "./jobs.ts";
export * from "./objects.ts";
export { serve } from "./serve.ts";
