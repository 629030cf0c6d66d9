import { WorkerEntrypoint } from "cloudflare:workers";
import type { TypedJobDeps } from "./deps/types.ts";
import { typedJobDepsFor } from "./deps.ts";
import * as commands from "./domain/typed-jobs/commands.ts";
import type { JobStatus } from "./domain/typed-jobs/job.ts";
import { jobView, readJob } from "./domain/typed-jobs/view.ts";
import type { JobsApp } from "./http/jobs/create-app.ts";
import { commandsOf } from "./http/jobs/respond.ts";
import type { CommandOutcome, Notes } from "./wire/typed-jobs.ts";

type Env = Record<string, unknown>;

type JobsRpc = {
  getJob(jobId: string): Promise<CommandOutcome>;
  submitResult(jobId: string, payload: unknown, warnings?: readonly string[] | null): Promise<CommandOutcome>;
  setStatus(jobId: string, status: JobStatus, notes?: Notes): Promise<CommandOutcome>;
  markError(jobId: string, errors: readonly string[]): Promise<CommandOutcome>;
  addWarnings(jobId: string, warnings: readonly string[]): Promise<CommandOutcome>;
  claim(staleAfterSeconds?: number): Promise<CommandOutcome | null>;
};

/** The class that a deployment's main module extends and exports. */
export type JobsEntrypointClass = new (
  context: ExecutionContext,
  env: Env,
) => WorkerEntrypoint<Env> & JobsRpc;

/**
 * The RPC face of an app's jobs, for Workers of the same account over a service binding. Each method
 * answers with a value that says how it went; `JobsClient` turns those into jobs and errors.
 */
export const jobsEntrypoint = ({ definition }: Pick<JobsApp, "definition">): JobsEntrypointClass =>
  class JobsEntrypoint extends WorkerEntrypoint<Env> {
    async getJob(jobId: string): Promise<CommandOutcome> {
      const deps = this.#deps();
      const job = await commands.readOne(commandsOf(deps, definition, null), jobId);
      return job === null ? { kind: "not_found" } : { kind: "job", job: jobView(readJob(job), deps.zone) };
    }

    async submitResult(
      jobId: string,
      payload: unknown,
      warnings: readonly string[] | null = null,
    ): Promise<CommandOutcome> {
      const deps = this.#deps();
      const context = commandsOf(deps, definition, null);
      return commands.commandOutcome(
        await commands.submitResult(context, jobId, payload, warnings),
        deps.zone,
      );
    }

    setStatus(jobId: string, status: JobStatus, notes: Notes = {}): Promise<CommandOutcome> {
      return this.#patch(jobId, { ...notes, status });
    }

    markError(jobId: string, errors: readonly string[]): Promise<CommandOutcome> {
      return this.#patch(jobId, { status: "error", errors });
    }

    addWarnings(jobId: string, warnings: readonly string[]): Promise<CommandOutcome> {
      return this.#patch(jobId, { warnings });
    }

    /** The oldest job that waits, or null when none does. */
    async claim(staleAfterSeconds?: number): Promise<CommandOutcome | null> {
      const asked = commands.claimForm.safeParse({ staleAfterSeconds });
      if (!asked.success) throw new TypeError("staleAfterSeconds is a whole number from 1 to 86400");
      const deps = this.#deps();
      const context = commandsOf(deps, definition, null);
      const job = await commands.claimJob(context, asked.data.staleAfterSeconds);
      return job === null ? null : { kind: "job", job: jobView(readJob(job), deps.zone) };
    }

    async #patch(jobId: string, change: object): Promise<CommandOutcome> {
      const deps = this.#deps();
      const context = commandsOf(deps, definition, null);
      return commands.commandOutcome(
        await commands.patchJob(context, jobId, change, { fillsNulls: false }),
        deps.zone,
      );
    }

    #deps(): TypedJobDeps {
      return typedJobDepsFor(this.env);
    }
  };
