import { z } from "zod";
import { positionOf, positionText } from "../cursor.ts";
import { JOB_STATES, type JobState } from "../job/state.ts";
import type { WorkloadRow, WorkloadSearch } from "../ports/workload-rows.ts";
import { fieldErrors } from "../runs/manifest.ts";
import type { FieldError } from "../runs/types.ts";
import { statusWord } from "../status-words.ts";
import type { Workload } from "./types.ts";

const MAX_MS = 8_640_000_000_000_000;
/** A search by params looks through at most this many jobs at once; the next page goes on behind them. */
export const LOOKED_THROUGH = 1_000;
const READ_AT_ONCE = 250;

const stateOf = (word: string): JobState | null =>
  JOB_STATES.find((state) => statusWord("workloads", state) === word) ?? null;

const instant = z.int().min(0).max(MAX_MS);

type Cursor = NonNullable<WorkloadSearch["after"]>;

/** Where a page ended, as clients carry it. */
export const cursorText = ({ createdAtMs, id }: Cursor): string => positionText({ atMs: createdAtMs, id });

const cursorOf = (text: string): Cursor | null => {
  const position = positionOf(text);
  return position === null ? null : { createdAtMs: position.atMs, id: position.id };
};

/** Body of a search, beside which any param of the workload may stand. */
export const searchFields = z.object({
  status: z
    .enum(["created", "queued", "in_progress", "succeeded", "failed", "cancelled", "expired"])
    .optional(),
  from_date: instant.optional(),
  to_date: instant.optional(),
  page_size: z.int().min(1).max(50).default(20),
  last_evaluated_key: z.string().max(200).optional(),
});

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

/** JSON that is the same text for the same value, in whatever order its members came. */
const canonical = (value: unknown): string | undefined => JSON.stringify(value, sorted);

export type SearchRequest = {
  readonly filter: Omit<WorkloadSearch, "path" | "owner" | "limit">;
  readonly pageSize: number;
  /** Params by name, each as JSON. */
  readonly params: ReadonlyMap<string, string | undefined>;
};

export type SearchOutcome =
  | { readonly kind: "ok"; readonly request: SearchRequest }
  | { readonly kind: "refused"; readonly errors: readonly FieldError[] };

const refused = (field: string, message: string): SearchOutcome => ({
  kind: "refused",
  errors: [{ field, message }],
});

/** Reads a search's body; what is neither a filter nor a param of the workload is refused by its name. */
export const readSearch = (workload: Workload, body: Readonly<Record<string, unknown>>): SearchOutcome => {
  const fields = searchFields.safeParse(body);
  if (!fields.success) return { kind: "refused", errors: fieldErrors(fields.error) };
  const { status, from_date, to_date, page_size, last_evaluated_key } = fields.data;
  const others = Object.entries(body).filter(([name]) => !Object.hasOwn(searchFields.shape, name));
  const unknown = others.find(([name]) => !Object.hasOwn(workload.params.shape, name));
  if (unknown !== undefined) return refused(unknown[0], "is no filter and no param of this workload");
  const after = last_evaluated_key === undefined ? null : cursorOf(last_evaluated_key);
  if (after === null && last_evaluated_key !== undefined)
    return refused("last_evaluated_key", "is not one that a search answered with");
  return {
    kind: "ok",
    request: {
      filter: {
        state: status === undefined ? null : stateOf(status),
        fromMs: from_date ?? 0,
        toMs: to_date ?? MAX_MS - 1,
        after,
      },
      pageSize: page_size,
      params: new Map(others.map(([name, value]) => [name, canonical(value)])),
    },
  };
};

export type FoundPage = { readonly rows: readonly WorkloadRow[]; readonly next: Cursor | null };
type Read = (after: Cursor | null, limit: number) => Promise<readonly WorkloadRow[]>;

const cursorAt = (row: WorkloadRow): Cursor => ({ createdAtMs: row.createdAtMs, id: row.id });

const hasParams = (row: WorkloadRow, wanted: SearchRequest["params"]): boolean => {
  const params = JSON.parse(row.params) as Record<string, unknown>;
  return [...wanted].every(([name, json]) => canonical(params[name]) === json);
};

const pageOf = (rows: readonly WorkloadRow[], pageSize: number): FoundPage => {
  const shown = rows.slice(0, pageSize);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > pageSize && last !== undefined ? cursorAt(last) : null };
};

/**
 * One page of found jobs. Without params it reads one row more than it shows, to know whether there is a
 * next page. Params stand in no index: such a search reads the rows that it passes over, at most
 * `LOOKED_THROUGH` of them; a page may then hold fewer jobs than asked for, or none, and still have a next.
 */
export const searchPage = async (
  { filter, pageSize, params }: SearchRequest,
  read: Read,
): Promise<FoundPage> => {
  if (params.size === 0) return pageOf(await read(filter.after, pageSize + 1), pageSize);
  const found: WorkloadRow[] = [];
  let after = filter.after;
  for (let looked = 0; looked < LOOKED_THROUGH; looked += READ_AT_ONCE) {
    const rows = await read(after, READ_AT_ONCE);
    found.push(...rows.filter((row) => hasParams(row, params)));
    if (found.length > pageSize || rows.length < READ_AT_ONCE) return pageOf(found, pageSize);
    const last = rows.at(-1);
    after = last === undefined ? after : cursorAt(last);
  }
  return { rows: found, next: after };
};
