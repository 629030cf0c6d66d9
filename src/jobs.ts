import { env } from "cloudflare:workers";
import { createApp as build } from "./http/jobs/create-app.ts";

export { TypedJobObject } from "../durable/typed-job-object.ts";
export type { JobOf, JobsConfig } from "./http/jobs/config.ts";
export type { JobsApp } from "./http/jobs/create-app.ts";
export { jobsEntrypoint } from "./jobs-entrypoint.ts";
export { type JobMessage, jobMessage } from "./wire/typed-jobs.ts";

/** Everything that a service of typed jobs is made of; see `createApp` in src/http/jobs. */
export const createApp: typeof build = (request, response, settings, config) =>
  build(request, response, settings, config, env as unknown as Readonly<Record<string, unknown>>);
