import { WorkerEntrypoint } from "cloudflare:workers";
import { typedJobDepsFor } from "./deps.ts";
import * as commands from "./domain/typed-jobs/commands.ts";
import type { JobStatus } from "./domain/typed-jobs/job.ts";
import type { JobsApp } from "./http/jobs/create-app.ts";
import type { CommandOutcome, Notes } from "./wire/typed-jobs.ts";

/**
 * The RPC face of an app's jobs, for Workers of the same account over a service binding. Each method
 * answers with a value that says how it went; `JobsClient` turns those into jobs and errors.
 */
export const jobsEntrypoint = ({ definition }: Pick<JobsApp, "definition">) =>
  class JobsEntrypoint extends WorkerEntrypoint<Record<string, unknown>> {
    getJob(jobId: string): Promise<CommandOutcome> {
      return commands.getJob(this.#context(), jobId);
    }

    submitResult(
      jobId: string,
      payload: unknown,
      warnings: readonly string[] | null = null,
    ): Promise<CommandOutcome> {
      return commands.submitResult(this.#context(), jobId, payload, warnings);
    }

    setStatus(jobId: string, status: JobStatus, notes: Notes = {}): Promise<CommandOutcome> {
      return commands.setStatus(this.#context(), jobId, status, notes);
    }

    markError(jobId: string, errors: readonly string[]): Promise<CommandOutcome> {
      return commands.setStatus(this.#context(), jobId, "error", { errors });
    }

    addWarnings(jobId: string, warnings: readonly string[]): Promise<CommandOutcome> {
      return commands.addWarnings(this.#context(), jobId, warnings);
    }

    #context(): commands.CommandContext {
      const { objects, zone } = typedJobDepsFor(this.env);
      return { objects, zone, response: definition.response, strict: definition.strict };
    }
  };
