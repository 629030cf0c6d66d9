type Detail = { readonly field: string; readonly message: string };

const TYPE_PREFIX = "urn:sandpiper:error:";

export type SandpiperErrorInit = {
  /** HTTP status; 0 when there was no answer to speak of. */
  readonly status: number;
  readonly code: string;
  readonly details?: readonly Detail[] | undefined;
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
  readonly details: readonly Detail[];
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

/** Members of the errors of all faces: runs answer a `type`, workloads a numeric `code`. */
type Refusal = {
  readonly type?: unknown;
  readonly error?: unknown;
  readonly details?: readonly Detail[];
  readonly retry_after?: number;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly Detail[];
};

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "invalid_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  415: "unsupported_media_type",
  422: "invalid_request",
  429: "rate_limited",
};

const refusalIn = (text: string): Refusal => {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    // A page of something between us and the service; the status tells what there is to tell.
    return {};
  }
};

/** The error that a response other than 2xx stands for; reads its body. */
export const errorOf = async (response: Response): Promise<SandpiperError> => {
  const { status } = response;
  const requestId = response.headers.get("x-request-id");
  const retryAfterSeconds = headerSeconds(response);
  const refusal = refusalIn(await response.text());
  const { type, error, details, retry_after, code, message, errors } = refusal;
  if (typeof type === "string" && type.startsWith(TYPE_PREFIX) && typeof error === "string")
    return new SandpiperError(error, {
      status,
      code: type.slice(TYPE_PREFIX.length),
      details,
      requestId,
      retryAfterSeconds: retry_after ?? retryAfterSeconds,
    });
  if (code === status && typeof message === "string")
    return new SandpiperError(message, {
      status,
      code: CODE_OF_STATUS[status] ?? "internal",
      details: errors,
      requestId,
      retryAfterSeconds,
    });
  const text = `The answer has status ${status} and is not one of this service's`;
  return new SandpiperError(text, { status, code: "unexpected_answer", requestId, retryAfterSeconds });
};

/** No answer came; `cause` says what the platform knows of it. */
export const unreachable = (cause: unknown): SandpiperError =>
  new SandpiperError("The service did not answer", { status: 0, code: "unreachable", cause });
