import type { Cursor } from "./cursor.ts";
import { PAGE_BYTES } from "./limits.ts";
import type { TypedJobRow } from "./row.ts";

export type Page = { readonly rows: readonly TypedJobRow[]; readonly next: Cursor | null };
/** Jobs that were asked for by id; `rest` are the ids that the page had no room for. */
export type IdsPage = { readonly rows: readonly TypedJobRow[]; readonly rest: readonly string[] };

/** A row whose view may have been left where it is, because it is large; `viewBytes` is its unpacked size. */
export type SizedRow = Omit<TypedJobRow, "view"> & { readonly view: TypedJobRow["view"] | null };

/** Rows newest first behind a cursor, at most `count`. */
export type ReadRows = (after: Cursor | null, count: number) => Promise<readonly SizedRow[]>;
/** Brings the views that were left; a row that is gone meanwhile is left out. */
export type FetchViews = (rows: readonly SizedRow[]) => Promise<readonly TypedJobRow[]>;

/** The first rows are read to learn how large they are. */
const FIRST_ROWS = 8;
/** Views of no more than this come with their rows: a whole page of them is below `PAGE_BYTES`. */
export const SMALL_VIEW_BYTES = 16_384;
/** So many bytes of large views are fetched in one go. */
const FETCH_BYTES = 2_097_152;

const cursorAt = ({ registeredAtMs, jobId }: Pick<TypedJobRow, "registeredAtMs" | "jobId">): Cursor => ({
  registeredAtMs,
  jobId,
});

const nextCount = (wanted: number, rows: number, sizeBytes: number): number => {
  if (rows === 0) return Math.min(wanted, FIRST_ROWS);
  const fitting = Math.floor((PAGE_BYTES - sizeBytes) / Math.max(1, sizeBytes / rows));
  return Math.min(wanted - rows, Math.max(FIRST_ROWS, fitting));
};

/** As many rows as a page has room for; always one, so that a list gets on. */
const fitting = (rows: readonly SizedRow[]): number => {
  let sizeBytes = 0;
  const end = rows.findIndex(({ viewBytes }) => {
    sizeBytes += viewBytes;
    return sizeBytes > PAGE_BYTES;
  });
  return end === -1 ? rows.length : Math.max(1, end);
};

/** Fetches the views that were left, a few at a time, and puts each into its place. */
export const withViews = async (
  rows: readonly SizedRow[],
  fetchViews: FetchViews,
): Promise<readonly TypedJobRow[]> => {
  const views = new Map<string, TypedJobRow>();
  let group: SizedRow[] = [];
  let groupBytes = 0;
  const flush = async (): Promise<void> => {
    if (group.length > 0) for (const row of await fetchViews(group)) views.set(row.jobId, row);
    group = [];
    groupBytes = 0;
  };
  for (const row of rows) {
    if (row.view !== null) continue;
    if (groupBytes + row.viewBytes > FETCH_BYTES) await flush();
    group.push(row);
    groupBytes += row.viewBytes;
  }
  await flush();
  return rows.flatMap(({ view, ...row }) => {
    const whole = view === null ? views.get(row.jobId) : { ...row, view };
    return whole === undefined ? [] : [whole];
  });
};

/**
 * One page of at most `limit` rows. One row more is read to tell whether there is a next page. A page
 * of large jobs ends before its limit, and then has a next one.
 */
export const readPage = async (
  read: ReadRows,
  fetchViews: FetchViews,
  after: Cursor | null,
  limit: number,
): Promise<Page> => {
  const wanted = limit + 1;
  const rows: SizedRow[] = [];
  let sizeBytes = 0;
  let isAll = false;
  while (rows.length < wanted && sizeBytes <= PAGE_BYTES && !isAll) {
    const count = nextCount(wanted, rows.length, sizeBytes);
    const last = rows.at(-1);
    const more = await read(last === undefined ? after : cursorAt(last), count);
    rows.push(...more);
    sizeBytes += more.reduce((sum, row) => sum + row.viewBytes, 0);
    isAll = more.length < count;
  }
  const shown = rows.slice(0, Math.min(limit, fitting(rows)));
  const end = shown.at(-1);
  const hasMore = !isAll || shown.length < rows.length;
  return {
    rows: await withViews(shown, fetchViews),
    next: hasMore && end !== undefined ? cursorAt(end) : null,
  };
};

/** As many of the found rows, newest first, as a page has room for; what is left over is named. */
export const idsPage = async (found: readonly SizedRow[], fetchViews: FetchViews): Promise<IdsPage> => {
  const count = fitting(found);
  return {
    rows: await withViews(found.slice(0, count), fetchViews),
    rest: found.slice(count).map(({ jobId }) => jobId),
  };
};
