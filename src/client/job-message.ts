import type { JobMessage } from "../wire/typed-jobs.ts";
import { hasMembers, parsedJson } from "./answer.ts";

export type { JobMessage } from "../wire/typed-jobs.ts";

type Read =
  | { readonly success: true; readonly data: JobMessage }
  | { readonly success: false; readonly data?: undefined; readonly error: TypeError };

const NULLS = ["completed_timestamp", "response_payload", "errors", "warnings"] as const;
const OBJECTS = ["settings", "request_payload"] as const;
const NUMBERS = ["registered_timestamp", "updated_timestamp"] as const;

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isMessage = (value: unknown): value is JobMessage => {
  if (!hasMembers(value, ["job_id", ...NULLS, ...OBJECTS, ...NUMBERS])) return false;
  const message = value as Readonly<Record<string, unknown>>;
  return (
    typeof message.job_id === "string" &&
    NULLS.every((name) => message[name] === null) &&
    OBJECTS.every((name) => isObject(message[name])) &&
    NUMBERS.every((name) => typeof message[name] === "number")
  );
};

/** The message's members and no others, as the schema of the service gives them. */
const known = (message: JobMessage): JobMessage => ({
  job_id: message.job_id,
  registered_timestamp: message.registered_timestamp,
  updated_timestamp: message.updated_timestamp,
  completed_timestamp: null,
  settings: message.settings,
  request_payload: message.request_payload,
  response_payload: null,
  errors: null,
  warnings: null,
});

const safeParse = (body: unknown): Read => {
  const value = typeof body === "string" ? parsedJson(body) : body;
  if (isMessage(value)) return { success: true, data: known(value) };
  return { success: false, error: new TypeError("The message is none of a job's") };
};

/** Reads what a consumer is sent: the message's text, or the object that it was parsed into. */
export const jobMessage = {
  safeParse,
  /** @throws TypeError for a body that is none of a job's */
  parse: (body: unknown): JobMessage => {
    const read = safeParse(body);
    if (read.success) return read.data;
    throw read.error;
  },
};
