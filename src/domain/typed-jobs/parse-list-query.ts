import type { FieldError } from "../../wire/typed-jobs.ts";
import { type Cursor, cursorOf } from "./cursor.ts";
import { instantSeconds } from "./instant.ts";
import { isJobId, JOB_STATUSES, type JobStatus } from "./job.ts";
import { LIST_IDS, LIST_LIMIT } from "./limits.ts";
import type { ListQuery } from "./list-query.ts";

type Params = Readonly<Record<string, readonly string[]>>;
/** A parameter's value, or why it cannot be one. */
type Read<T> = { readonly value: T } | { readonly type: string; readonly msg: string };

export type ParsedQuery =
  | { readonly kind: "fits"; readonly query: ListQuery }
  | { readonly kind: "unfit"; readonly errors: readonly FieldError[] };

const limitOf = (text: string): Read<number> => {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  const { min, max } = LIST_LIMIT;
  if (limit >= min && limit <= max) return { value: limit };
  return { type: "limit", msg: `limit is an integer from ${min} to ${max}` };
};

const statusOf = (text: string): Read<JobStatus> => {
  const status = JOB_STATUSES.find((known) => known === text);
  if (status !== undefined) return { value: status };
  return { type: "status", msg: `status is one of ${JOB_STATUSES.join(", ")}` };
};

const secondsOf = (text: string): Read<number> => {
  const seconds = instantSeconds(text);
  if (seconds !== null) return { value: seconds };
  return { type: "datetime", msg: "a datetime is ISO-8601, its + written as %2B" };
};

const ekeyOf = (text: string): Read<Cursor> => {
  const cursor = cursorOf(text);
  if (cursor !== null) return { value: cursor };
  return { type: "ekey", msg: "ekey is a cursor that X-Next gave" };
};

const idsOf = (texts: readonly string[]): Read<readonly string[]> => {
  const ids = texts.flatMap((text) => text.split(",")).map((id) => id.trim().toLowerCase());
  if (ids.length > LIST_IDS)
    return {
      type: "too_many_ids",
      msg: `job_id holds ${ids.length} ids, and at most ${LIST_IDS} are possible`,
    };
  if (!ids.every(isJobId)) return { type: "uuid", msg: "job_id is a list of UUIDs with commas between them" };
  return { value: [...new Set(ids)] };
};

/**
 * What a list's query asks for. Unknown parameters are ignored; one that is given twice,
 * empty or out of its form is an error.
 */
export const listQueryOf = (params: Params): ParsedQuery => {
  const errors: FieldError[] = [];
  const take = <T>(name: string, read: Read<T>): T | null => {
    if ("value" in read) return read.value;
    errors.push({ type: read.type, loc: [name], msg: read.msg });
    return null;
  };
  const single = <T>(name: string, read: (text: string) => Read<T>): T | null => {
    const texts = Object.hasOwn(params, name) ? (params[name] ?? []) : [];
    if (texts.length === 0) return null;
    const [text = ""] = texts;
    return take(name, texts.length > 1 ? { type: "repeated", msg: `${name} is given twice` } : read(text));
  };
  const idTexts = Object.hasOwn(params, "job_id") ? (params.job_id ?? []) : [];
  const query: ListQuery = {
    limit: single("limit", limitOf) ?? LIST_LIMIT.fallback,
    status: single("status", statusOf),
    fromSeconds: single("registered_datetime_gte", secondsOf),
    toSeconds: single("registered_datetime_lte", secondsOf),
    after: single("ekey", ekeyOf),
    ids: idTexts.length === 0 ? null : take("job_id", idsOf(idTexts)),
  };
  return errors.length > 0 ? { kind: "unfit", errors } : { kind: "fits", query };
};
