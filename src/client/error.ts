import { type Problem, problem } from "../wire/run-answers.ts";

const TYPE_PREFIX = "urn:sandpiper:error:";

export type SandpiperErrorInit = {
  /** HTTP status; 0 when there was no answer to speak of. */
  readonly status: number;
  readonly code: string;
  readonly details?: Problem["details"];
  readonly retryAfterSeconds?: number | null;
  readonly requestId?: string | null;
  readonly cause?: unknown;
};

/**
 * The one error of this client. `code` is the service's (`rate_limited`, `job_not_found`, ...), or
 * `unreachable` (no answer), `unexpected_answer` (not one of this service's) `timed_out` (a wait),
 * or `no_upgrade` (sockets do not pass, which a live log can do without).
 */
export class SandpiperError extends Error {
  override readonly name = "SandpiperError";
  readonly status: number;
  readonly code: string;
  /** What is wrong with a request, field by field. */
  readonly details: readonly { readonly field: string; readonly message: string }[];
  /** Whole seconds after which the same request may pass; null when the service named none. */
  readonly retryAfterSeconds: number | null;
  readonly requestId: string | null;

  constructor(message: string, init: SandpiperErrorInit) {
    super(message, { cause: init.cause });
    this.status = init.status;
    this.code = init.code;
    this.details = init.details ?? [];
    this.retryAfterSeconds = init.retryAfterSeconds ?? null;
    this.requestId = init.requestId ?? null;
  }

  /** The problem type that the service gave (RFC 9457). */
  get type(): string {
    return `${TYPE_PREFIX}${this.code}`;
  }
}

const headerSeconds = (response: Response): number | null => {
  const text = response.headers.get("retry-after") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
};

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // An error page of something between us and the service; the status tells what there is to tell.
    return null;
  }
};

/** The error that a response other than 2xx stands for; reads its body. */
export const errorOf = async (response: Response): Promise<SandpiperError> => {
  const { status } = response;
  const requestId = response.headers.get("x-request-id");
  const retryAfterSeconds = headerSeconds(response);
  const body = problem.safeParse(parsedJson(await response.text()));
  if (!body.success || !body.data.type.startsWith(TYPE_PREFIX)) {
    const message = `The answer has status ${status} and is not one of this service's`;
    return new SandpiperError(message, { status, code: "unexpected_answer", requestId, retryAfterSeconds });
  }
  const { error, type, details, retry_after } = body.data;
  return new SandpiperError(error, {
    status,
    code: type.slice(TYPE_PREFIX.length),
    details,
    requestId,
    retryAfterSeconds: retry_after ?? retryAfterSeconds,
  });
};

/** No answer came; `cause` says what the platform knows of it. */
export const unreachable = (cause: unknown): SandpiperError =>
  new SandpiperError("The service did not answer", { status: 0, code: "unreachable", cause });
