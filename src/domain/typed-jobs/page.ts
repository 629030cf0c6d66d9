import type { Cursor } from "./cursor.ts";
import { PAGE_BYTES } from "./limits.ts";
import type { TypedJobRow } from "./row.ts";

export type Page = { readonly rows: readonly TypedJobRow[]; readonly next: Cursor | null };

/** Rows newest first behind a cursor, at most `count`. */
export type ReadRows = (after: Cursor | null, count: number) => Promise<readonly TypedJobRow[]>;

/** The first rows are read to learn how large they are; 8 of the largest still fit into a Worker's memory. */
const FIRST_ROWS = 8;

const cursorAt = ({ registeredAtMs, jobId }: TypedJobRow): Cursor => ({ registeredAtMs, jobId });

const nextCount = (wanted: number, rows: number, sizeBytes: number): number => {
  if (rows === 0) return Math.min(wanted, FIRST_ROWS);
  const fitting = Math.floor((PAGE_BYTES - sizeBytes) / Math.max(1, sizeBytes / rows));
  return Math.min(wanted - rows, Math.max(FIRST_ROWS, fitting));
};

/**
 * One page of at most `limit` rows. One row more is read to tell whether there is a next page. A page
 * of large jobs ends before its limit, and then has a next one.
 */
export const readPage = async (read: ReadRows, after: Cursor | null, limit: number): Promise<Page> => {
  const wanted = limit + 1;
  const rows: TypedJobRow[] = [];
  let sizeBytes = 0;
  while (rows.length < wanted && sizeBytes < PAGE_BYTES) {
    const count = nextCount(wanted, rows.length, sizeBytes);
    const last = rows.at(-1);
    const more = await read(last === undefined ? after : cursorAt(last), count);
    rows.push(...more);
    sizeBytes += more.reduce((sum, row) => sum + row.view.length, 0);
    if (more.length < count) return { rows, next: null };
  }
  rows.pop();
  const end = rows.at(-1);
  return { rows, next: end === undefined ? null : cursorAt(end) };
};
