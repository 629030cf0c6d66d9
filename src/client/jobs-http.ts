import type { CommandOutcome, FieldError, JobView } from "../wire/job-views.ts";
import { answerOf } from "./answer.ts";
import type { JobsTransport } from "./jobs.ts";

export type HttpOptions = {
  /** Where the service is, its endpoint prefix included: `https://jobs.example.com/v1`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** A key of the service, in place of the credentials. */
  readonly key?: string;
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

const authorization = ({
  username = "apibasicauthuser",
  password,
  key,
}: HttpOptions): Record<string, string> => {
  if (key !== undefined) return { Authorization: `Bearer ${key}` };
  if (password === undefined) return {};
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
};

const JOB_MEMBERS = ["job_id", "status", "request_payload"] as const;

const jobIn = async (response: Response): Promise<JobView> =>
  answerOf<JobView>(await response.text(), JOB_MEMBERS, response.status);

const errorsIn = async (response: Response): Promise<readonly FieldError[]> =>
  answerOf<{ errors?: readonly FieldError[] }>(await response.text(), [], response.status).errors ?? [];

const outcomeOf = async (response: Response): Promise<CommandOutcome> => {
  if (response.ok) return { kind: "job", job: await jobIn(response) };
  switch (response.status) {
    case 404:
      return { kind: "not_found" };
    case 409:
      return { kind: "conflict", job: answerOf<{ job: JobView }>(await response.text(), ["job"], 409).job };
    case 413:
      return { kind: "too_large" };
    case 422:
      return { kind: "unfit", errors: await errorsIn(response) };
    default:
      throw new JobsServiceError(response.status);
  }
};

type Listed = { readonly Jobs: readonly JobView[] };

/** The routes, for any place that has `fetch`. */
export const overHttp = (options: HttpOptions): Required<JobsTransport> => {
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? ((input, init) => fetch(input, init));
  const ask = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    send(`${base}/jobs${path}`, {
      method,
      headers: {
        ...authorization(options),
        ...headers,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const call = async (method: string, jobId: string, body?: unknown): Promise<CommandOutcome> =>
    outcomeOf(await ask(method, `/${encodeURIComponent(jobId)}`, body));
  const addWarnings = (jobId: string, warnings: readonly string[]): Promise<CommandOutcome> =>
    call("PATCH", jobId, { warnings });

  return {
    getJob: (jobId) => call("GET", jobId),
    submitResult: async (jobId, payload, warnings) => {
      const outcome = await call("PUT", jobId, payload);
      return outcome.kind === "job" && warnings !== null ? addWarnings(jobId, warnings) : outcome;
    },
    setStatus: (jobId, status, notes) => call("PATCH", jobId, { status, ...notes }),
    markError: (jobId, errors) => call("PATCH", jobId, { status: "error", errors }),
    addWarnings,
    create: async (payload, key) =>
      outcomeOf(await ask("POST", "", payload, key === undefined ? {} : { "Idempotency-Key": key })),
    list: async (query) => {
      const response = await ask("GET", query === "" ? "" : `?${query}`);
      if (response.status === 422) {
        return { kind: "unfit", errors: await errorsIn(response) };
      }
      if (!response.ok) throw new JobsServiceError(response.status);
      const { Jobs: jobs } = answerOf<Listed>(await response.text(), ["Jobs"], response.status);
      const next = response.headers.get("X-Next") ?? "";
      return { kind: "page", jobs, next: next === "" ? null : next.slice(next.indexOf("?") + 1) };
    },
    claim: async (staleAfterSeconds, waitSeconds) => {
      const body = staleAfterSeconds === undefined ? {} : { staleAfterSeconds };
      const wait = waitSeconds === undefined ? {} : { Prefer: `wait=${waitSeconds}` };
      const response = await ask("POST", "/claim", body, wait);
      return response.status === 204 ? null : outcomeOf(response);
    },
  };
};
