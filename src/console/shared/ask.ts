import { baseUrl } from "./api.ts";
import { credentialHeaders } from "./credentials.tsx";

export type Json = Readonly<Record<string, unknown>>;

/** A refusal of any face, in the service's words. */
export class AskError extends Error {
  readonly status: number;
  readonly retryAfterSeconds: number | null;

  constructor(message: string, status: number, retryAfterSeconds: number | null) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A text member; "" where there is none. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export const recordsOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** Faces have shapes of their own for errors: `error` or `message`, and fields below `errors` or `details`. */
const wordsOf = (body: unknown, status: number): string => {
  if (!isRecord(body)) return `The service answered with ${status}`;
  const fields = recordsOf(body.errors ?? body.details).map((one) => {
    const name = textOf(one.field) || (Array.isArray(one.loc) ? one.loc.join(".") : "");
    return `${name === "" ? "" : `${name}: `}${textOf(one.message) || textOf(one.msg)}`;
  });
  const first = textOf(body.error) || textOf(body.message) || `The service answered with ${status}`;
  return [first, ...fields].join("\n");
};

/** `body` is empty for an answer that is no JSON object; `text` is what came. */
export type Asked = { readonly body: Json; readonly text: string; readonly headers: Headers };

type AskOptions = {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Nothing at all, or the page of a proxy: the status says what there is to say.
    return null;
  }
};

/** Asks the service for JSON with the visitor's credentials. @throws AskError when it refuses */
export const ask = async (path: string, options: AskOptions = {}): Promise<Asked> => {
  const { method = "GET", body, headers = {}, signal } = options;
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    // Without this a browser would ask for a name and a password by itself.
    credentials: "omit",
    headers: {
      Accept: "application/json",
      ...credentialHeaders(),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (!response.ok) {
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    throw new AskError(
      wordsOf(answer, response.status),
      response.status,
      Number.isFinite(seconds) ? seconds : null,
    );
  }
  return { body: isRecord(answer) ? answer : {}, text, headers: response.headers };
};
