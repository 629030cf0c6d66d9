import { jobsEntrypoint } from "./jobs-entrypoint.ts";
import { serve } from "./serve.ts";
import { jobs, webhookEndpoints, workloads } from "./service.ts";

export * from "./objects.ts";

/** The typed jobs for Workers of the same account, over a service binding. */
export class JobsEntrypoint extends jobsEntrypoint(jobs) {}

export default serve({ jobs, workloads, webhookEndpoints });
