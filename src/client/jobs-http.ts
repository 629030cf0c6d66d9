import { z } from "zod";
import { type CommandOutcome, type JobStatus, jobViewForm, refusalForm } from "../wire/typed-jobs.ts";
import type { JobsTransport } from "./jobs.ts";

export type HttpOptions = {
  /** Where the service is, its endpoint prefix included: `https://jobs.example.com/v1`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly fetch?: typeof fetch;
};

/** An answer that says nothing of the job: wrong credentials, a fault, or no service of this kind at all. */
export class JobsServiceError extends Error {
  override readonly name = "JobsServiceError";
  readonly status: number;

  constructor(status: number) {
    super(`The service answered with ${status}`);
    this.status = status;
  }
}

const WARNING_TRIES = 10;

const authorization = ({ username = "apibasicauthuser", password }: HttpOptions): Record<string, string> => {
  if (password === undefined) return {};
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
};

type Answer = { readonly outcome: CommandOutcome; readonly etag: string | null; readonly isStale: boolean };

const outcomeOf = async (response: Response): Promise<CommandOutcome> => {
  if (response.ok) return { kind: "job", job: jobViewForm.parse(await response.json()) };
  switch (response.status) {
    case 404:
      return { kind: "not_found" };
    case 409:
      return { kind: "conflict", job: z.object({ job: jobViewForm }).parse(await response.json()).job };
    case 413:
      return { kind: "too_large" };
    case 422:
      return { kind: "unfit", errors: refusalForm.parse(await response.json()).errors };
    default:
      throw new JobsServiceError(response.status);
  }
};

/** The routes, for any place that has `fetch`. */
export const overHttp = (options: HttpOptions): JobsTransport => {
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? ((input, init) => fetch(input, init));
  const call = async (
    method: string,
    jobId: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await send(`${base}/jobs/${encodeURIComponent(jobId)}`, {
      method,
      headers: { ...authorization(options), ...headers, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const etag = response.headers.get("ETag");
    if (response.status === 412) return { outcome: { kind: "not_found" }, etag, isStale: true };
    return { outcome: await outcomeOf(response), etag, isStale: false };
  };
  const patch = async (jobId: string, status: JobStatus, change: object): Promise<CommandOutcome> =>
    (await call("PATCH", jobId, { status, ...change })).outcome;

  /** PATCH has to name a status: it names the one that the job has, as long as it has that one. */
  const addWarnings = async (jobId: string, warnings: readonly string[]): Promise<CommandOutcome> => {
    for (let tried = 0; tried < WARNING_TRIES; tried += 1) {
      const { outcome, etag } = await call("GET", jobId);
      if (outcome.kind !== "job") return outcome;
      const change = { status: outcome.job.status, warnings };
      const answer = await call("PATCH", jobId, change, { "If-Match": etag ?? "*" });
      if (!answer.isStale) return answer.outcome;
    }
    throw new JobsServiceError(412);
  };

  return {
    getJob: async (jobId) => (await call("GET", jobId)).outcome,
    submitResult: async (jobId, payload, warnings) => {
      const { outcome } = await call("PUT", jobId, payload);
      return outcome.kind === "job" && warnings !== null ? addWarnings(jobId, warnings) : outcome;
    },
    setStatus: (jobId, status, change) => patch(jobId, status, change),
    markError: (jobId, errors) => patch(jobId, "error", { errors }),
    addWarnings,
  };
};
