import { answerOf } from "./answer.ts";
import { errorOf, unreachable } from "./error.ts";
import { NO_RETRY, type RetryPolicy, withRetry } from "./retry.ts";

/** The part of `fetch` that is used. */
export type FetchInit = {
  method: string;
  headers: Record<string, string>;
  body?: string | Blob | ReadableStream<Uint8Array>;
  signal?: AbortSignal;
  duplex?: "half";
};
export type FetchLike = (url: string, init: FetchInit) => Promise<Response>;

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** Wins over the client's own policy. */
  readonly retry?: RetryPolicy;
};

export type Call = CallOptions & {
  readonly method?: "GET" | "POST";
  /** Starts with a slash and is percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Blob;
  /** Sends in place of `fetch`. */
  readonly send?: FetchLike;
};

export type Transport = {
  /** Answers a 2xx response. @throws SandpiperError */
  request(call: Call): Promise<Response>;
  /** Answers the body of a 2xx response, which has at least these members. @throws SandpiperError */
  json<T>(call: Call, members: readonly (keyof T & string)[]): Promise<T>;
};

export type TransportOptions = {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly fetch: FetchLike;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy | undefined;
};

const initOf = (call: Call, common: Readonly<Record<string, string>>): FetchInit => ({
  method: call.method ?? "GET",
  headers: { Accept: "application/json", ...common, ...call.headers },
  ...(call.body === undefined ? {} : { body: call.body }),
  ...(call.signal === undefined ? {} : { signal: call.signal }),
});

/** An abort is the caller's own doing and stays what it is. */
const lost = (cause: unknown, signal?: AbortSignal): unknown =>
  signal?.aborted ? signal.reason : unreachable(cause);

/** The whole text of an answer. @throws SandpiperError `unreachable` when it was cut off */
const textOf = (response: Response, signal?: AbortSignal): Promise<string> =>
  response.text().catch((error: unknown) => {
    throw lost(error, signal);
  });

export const createTransport = (options: TransportOptions): Transport => {
  const once = async (call: Call): Promise<Response> => {
    call.signal?.throwIfAborted();
    const send = call.send ?? options.fetch;
    const response = await send(`${options.baseUrl}${call.path}`, initOf(call, options.headers)).catch(
      (error: unknown) => {
        throw lost(error, call.signal);
      },
    );
    if (response.ok) return response;
    throw await errorOf(response);
  };
  const policyOf = (call: Call): RetryPolicy => call.retry ?? options.retry ?? NO_RETRY;
  return {
    request: (call) => withRetry(() => once(call), policyOf(call), call.signal),
    json: <T>(call: Call, members: readonly (keyof T & string)[]) =>
      withRetry(
        async () => {
          const response = await once(call);
          return answerOf<T>(await textOf(response, call.signal), members, response.status);
        },
        policyOf(call),
        call.signal,
      ),
  };
};
