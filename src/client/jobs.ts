import {
  type CommandOutcome,
  type FieldError,
  fieldErrors,
  JOB_STATUSES,
  type JobStatus,
  type JobView,
  type Notes,
} from "../wire/job-views.ts";
import type { InputOf, ResultModel } from "./result-model.ts";
import { type WaitOptions, waitUntil } from "./wait.ts";

export type { CommandOutcome, FieldError, JobStatus, JobView, Notes } from "../wire/job-views.ts";
export { type JobMessage, jobMessage } from "./job-message.ts";
export { type HttpOptions, JobsServiceError, overHttp } from "./jobs-http.ts";
export type { ResultModel } from "./result-model.ts";

/** How a client reaches the service: over HTTP, or the RPC face behind a service binding, as it is. */
export type JobsTransport = {
  getJob(jobId: string): Promise<CommandOutcome>;
  submitResult(jobId: string, payload: unknown, warnings: readonly string[] | null): Promise<CommandOutcome>;
  setStatus(jobId: string, status: JobStatus, notes: Notes): Promise<CommandOutcome>;
  markError(jobId: string, errors: readonly string[]): Promise<CommandOutcome>;
  addWarnings(jobId: string, warnings: readonly string[]): Promise<CommandOutcome>;
  /** Null when no job waits; over RPC it is asked once, without a wait. */
  claim(staleAfterSeconds?: number, waitSeconds?: number): Promise<CommandOutcome | null>;
  /** Only over HTTP, where the deployer's hooks see the request. */
  create?(payload: unknown, idempotencyKey?: string): Promise<CommandOutcome>;
  list?(query: string): Promise<ListOutcome>;
};

type ListOutcome =
  | { readonly kind: "page"; readonly jobs: readonly JobView[]; readonly next: string | null }
  | { readonly kind: "unfit"; readonly errors: readonly FieldError[] };

/** Which jobs `list` gives: all by default, newest first. */
export type JobsQuery = {
  readonly status?: JobStatus;
  readonly jobIds?: readonly string[];
  readonly registeredFrom?: Date;
  readonly registeredTo?: Date;
};

const queryText = ({ status, jobIds, registeredFrom, registeredTo }: JobsQuery): string =>
  new URLSearchParams({
    ...(status === undefined ? {} : { status }),
    ...(jobIds === undefined ? {} : { job_id: jobIds.join(",") }),
    ...(registeredFrom === undefined ? {} : { registered_datetime_gte: registeredFrom.toISOString() }),
    ...(registeredTo === undefined ? {} : { registered_datetime_lte: registeredTo.toISOString() }),
  }).toString();

export class JobNotFoundError extends Error {
  override readonly name = "JobNotFoundError";
}

/** The job has ended and the service keeps ended jobs as they are. */
export class JobConflictError extends Error {
  override readonly name = "JobConflictError";
}

/** What was to be sent does not fit; the job is as it was. */
export class InvalidPayloadError extends Error {
  override readonly name = "InvalidPayloadError";
  readonly errors: readonly FieldError[];

  constructor(message: string, errors: readonly FieldError[] = []) {
    super(message);
    this.errors = errors;
  }
}

export type JobsClientOptions<Model extends ResultModel> = {
  /** Checks results before they are sent; the service checks them in any case. */
  readonly responseModel?: Model;
  /** Bookkeeping that fails is logged and answers null, so that it never breaks the work itself. */
  readonly bestEffort?: boolean;
  readonly log?: (message: string, error: unknown) => void;
};

const jobOf = (outcome: CommandOutcome): JobView => {
  switch (outcome.kind) {
    case "job":
      return outcome.job;
    case "not_found":
      throw new JobNotFoundError("No job has this id");
    case "conflict":
      throw new JobConflictError(`The job has ended as ${outcome.job.status}`);
    case "too_large":
      throw new InvalidPayloadError("The payload, or the job with it, is too large");
    case "unfit":
      throw new InvalidPayloadError("The payload does not fit", outcome.errors);
  }
};

const ENDED: readonly JobStatus[] = ["completed", "error", "cancelled"];

const list = (texts: string | readonly string[]): readonly string[] =>
  typeof texts === "string" ? [texts] : texts;

const listed = (notes: {
  errors?: string | readonly string[];
  warnings?: string | readonly string[];
}): Notes => ({
  ...(notes.errors === undefined ? {} : { errors: list(notes.errors) }),
  ...(notes.warnings === undefined ? {} : { warnings: list(notes.warnings) }),
});

const reportOnConsole = (message: string, error: unknown): void => {
  console.warn(message, error instanceof Error ? `${error.name}: ${error.message}` : "");
};

/**
 * A worker's side of the typed jobs: `new JobsClient(env.JOBS)` over a service binding to
 * `JobsEntrypoint`, `new JobsClient(overHttp({ url }))` from anywhere. A job that does not exist throws
 * JobNotFoundError.
 */
export class JobsClient<Model extends ResultModel = ResultModel> {
  readonly #transport: JobsTransport;
  readonly #options: JobsClientOptions<Model>;

  constructor(transport: JobsTransport, options: JobsClientOptions<Model> = {}) {
    this.#transport = transport;
    this.#options = options;
  }

  /** Throws when there is no such job, best effort or not. */
  async getJob(jobId: string): Promise<JobView> {
    return jobOf(await this.#transport.getJob(jobId));
  }

  /** Completes the job; never best effort, because a lost result is a lost job. */
  async submitResult(
    jobId: string,
    payload: InputOf<Model>,
    warnings?: string | readonly string[],
  ): Promise<JobView> {
    const outcome = await this.#options.responseModel?.["~standard"].validate(payload);
    if (outcome?.issues !== undefined)
      throw new InvalidPayloadError("The result does not fit", fieldErrors({ issues: outcome.issues }));
    const notes = warnings === undefined ? null : list(warnings);
    return jobOf(await this.#transport.submitResult(jobId, payload, notes));
  }

  /** Sets the status and appends notes. A status that does not exist throws in any case. */
  async setStatus(
    jobId: string,
    status: JobStatus,
    notes: { errors?: string | readonly string[]; warnings?: string | readonly string[] } = {},
  ): Promise<JobView | null> {
    if (!JOB_STATUSES.includes(status)) throw new TypeError(`A status is one of ${JOB_STATUSES.join(", ")}`);
    return this.#tried(() => this.#transport.setStatus(jobId, status, listed(notes)));
  }

  async markError(jobId: string, errors: string | readonly string[]): Promise<JobView | null> {
    return this.#tried(() => this.#transport.markError(jobId, list(errors)));
  }

  /** Appends warnings and leaves the status as it is. */
  async addWarnings(jobId: string, warnings: string | readonly string[]): Promise<JobView | null> {
    return this.#tried(() => this.#transport.addWarnings(jobId, list(warnings)));
  }

  /**
   * Registers a job. With an idempotency key it may be sent again and makes one job. Needs `overHttp`;
   * over a service binding give that the binding's `fetch`.
   */
  async create(payload: unknown, options: { readonly idempotencyKey?: string } = {}): Promise<JobView> {
    const { create } = this.#transport;
    if (create === undefined) throw new TypeError("Jobs are created over HTTP: use overHttp");
    return jobOf(await create(payload, options.idempotencyKey));
  }

  /** The jobs of a query, newest first, read page by page as they are taken. Needs `overHttp`. */
  async *list(query: JobsQuery = {}): AsyncGenerator<JobView> {
    const { list: read } = this.#transport;
    if (read === undefined) throw new TypeError("Jobs are listed over HTTP: use overHttp");
    for (let page: string | null = queryText(query); page !== null; ) {
      const outcome = await read(page);
      if (outcome.kind === "unfit") throw new InvalidPayloadError("The query does not fit", outcome.errors);
      yield* outcome.jobs;
      page = outcome.next;
    }
  }

  /**
   * Takes the oldest job that waits, as `processing`; null when none does, at once or after
   * `waitSeconds` (at most 60). Without news of the worker for `staleAfterSeconds` it becomes `error`.
   */
  async claim(
    options: { readonly staleAfterSeconds?: number; readonly waitSeconds?: number } = {},
  ): Promise<JobView | null> {
    const outcome = await this.#transport.claim(options.staleAfterSeconds, options.waitSeconds);
    return outcome === null ? null : jobOf(outcome);
  }

  /** The job once it is completed, in error or cancelled. @throws SandpiperError `timed_out` */
  wait(jobId: string, options: WaitOptions = {}): Promise<JobView> {
    return waitUntil(
      () => this.getJob(jobId),
      ({ status }) => ENDED.includes(status),
      options,
    );
  }

  async #tried(work: () => Promise<CommandOutcome>): Promise<JobView | null> {
    if (this.#options.bestEffort !== true) return jobOf(await work());
    try {
      return jobOf(await work());
    } catch (error) {
      (this.#options.log ?? reportOnConsole)("A job's bookkeeping failed", error);
      return null;
    }
  }
}
