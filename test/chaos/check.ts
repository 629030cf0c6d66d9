import type { Accepted } from "./load.ts";
import type { StoredObject, StoredState } from "./stored-state.ts";

type Members = Readonly<Record<string, unknown>>;
type Chunk = {
  readonly attempt: number;
  readonly firstSeq: number;
  readonly entries: readonly { readonly data: string; readonly stream: string }[];
};

const TERMINAL = new Set(["succeeded", "failed", "cancelled", "expired"]);
const TYPED_TERMINAL = new Set(["completed", "error", "cancelled"]);

const recordOf = ({ values }: StoredObject): Members | null =>
  (values.get("job") as Members | undefined) ?? null;

const chunksOf = ({ values }: StoredObject): Chunk[] =>
  [...values]
    .filter(([key]) => key.startsWith("log/"))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, value]) => value as Chunk);

/** A large part of a record is stored beside it. */
const partOf = (object: StoredObject, name: string): Members | null =>
  ((recordOf(object)?.[name] ?? object.values.get(`job/${name}`)) as Members | null | undefined) ?? null;

const logFaults = (object: StoredObject): string[] => {
  const faults: string[] = [];
  let next = 1;
  let attempt = 0;
  for (const chunk of chunksOf(object)) {
    if (chunk.firstSeq !== next) faults.push(`its log goes from ${next - 1} to ${chunk.firstSeq}`);
    if (chunk.attempt < attempt) faults.push("its log goes back to an earlier attempt");
    next = chunk.firstSeq + chunk.entries.length;
    attempt = chunk.attempt;
  }
  return faults;
};

const printedBy = (object: StoredObject): string => {
  const firstSeq = Number(recordOf(object)?.firstSeq ?? 1);
  return chunksOf(object)
    .filter((chunk) => chunk.firstSeq >= firstSeq)
    .flatMap(({ entries }) => entries)
    .map(({ data }) => data)
    .join("");
};

const jobFaults = (
  object: StoredObject,
  row: Members | undefined,
  accepted: Accepted | undefined,
): string[] => {
  const record = recordOf(object);
  if (record === null) return [];
  const faults = logFaults(object);
  const { state } = record;
  const result = partOf(object, "result");
  if (!TERMINAL.has(String(state))) return [...faults, `it is ${state} to this day`];
  if (result === null) faults.push("it ended without a result");
  if (record.attempt !== null) faults.push("it ended and is held by an attempt");
  if (row === undefined) faults.push("it has no row");
  for (const [column, member] of [
    ["state", "state"],
    ["version", "version"],
    ["finished_at_ms", "finishedAtMs"],
    ["updated_at_ms", "updatedAtMs"],
  ] as const) {
    if (row !== undefined && row[column] !== record[member]) {
      faults.push(`its row has ${column} ${row[column]}, it has ${record[member]}`);
    }
  }
  if (accepted?.wish === "none" && state === "cancelled") faults.push("it was cancelled by nobody");
  const text = accepted?.text ?? null;
  if (state === "succeeded" && text !== null && printedBy(object) !== text) {
    faults.push(`it printed ${JSON.stringify(printedBy(object).slice(0, 300))}`);
  }
  return faults;
};

const typedFaults = (object: StoredObject, row: Members | undefined): string[] => {
  const record = recordOf(object);
  if (record === null) return [];
  const faults: string[] = [];
  if (!TYPED_TERMINAL.has(String(record.status))) faults.push(`it is ${record.status} to this day`);
  if (record.status === "completed" && !object.values.has("response")) faults.push("it has no result");
  if (row === undefined) faults.push("it has no row");
  else if (row.status !== record.status || row.version !== record.version) faults.push("its row differs");
  return faults;
};

type Slot = { readonly slot: string; readonly untilMs: number };

/** A slot is a lease: one that has run out is free. */
const quotaFaults = ({ values }: StoredObject, now: number): string[] => {
  const quota = (values.get("data") as { quota?: { slots: readonly Slot[] } } | undefined)?.quota;
  const held = (quota?.slots ?? []).filter(({ untilMs }) => untilMs > now);
  return held.length === 0 ? [] : [`a client still holds ${held.length} slots: ${JSON.stringify(held)}`];
};

/** Files that nobody owns, or of which their job knows nothing. */
export const bucketFaults = (state: StoredState): string[] => {
  const owners = new Map(state.jobs.map((object) => [object.objectId, recordOf(object)]));
  return state.bucketKeys.flatMap((key) => {
    const owner = owners.get(key.split("/")[1] ?? "");
    if (owner === undefined || owner === null) return [`the bucket has ${key}, which nobody owns`];
    return owner.usesBucket === true ? [] : [`the bucket has ${key}, of which its job knows nothing`];
  });
};

/** What was accepted and is not there, and what was removed and is. */
const missing = (accepted: readonly Accepted[], found: ReadonlySet<string>): string[] =>
  accepted.flatMap(({ id, kind, wish, isWishHeard }) => {
    const isRemoved = wish === "remove" && isWishHeard && kind !== "run";
    if (isRemoved !== found.has(id)) return [];
    return [`${kind} ${id}: ${isRemoved ? "is still there" : "is gone"}`];
  });

const strayRows = (rows: ReadonlyMap<unknown, Members>, owners: ReadonlySet<string>): string[] =>
  [...rows.keys()].filter((id) => !owners.has(String(id))).map((id) => `row ${id}: there is no such job`);

const poolFaults = ({ values }: StoredObject): string[] => {
  const waiting = [...values.keys()].filter((key) => key.startsWith("wait/")).length;
  return waiting === 0 ? [] : [`${waiting} jobs wait in the pool`];
};

/** What does not hold, in words: read from the disk alone, and from what clients were answered. */
export const faultsOf = (
  state: StoredState,
  accepted: readonly Accepted[],
  now: number = Date.now(),
): string[] => {
  const faults: string[] = [];
  const byId = new Map(accepted.map((job) => [job.id, job]));
  const jobRows = new Map(state.jobRows.map((row) => [row.object_id, row]));
  const typedRows = new Map(state.typedRows.map((row) => [row.job_id, row]));
  const found = new Set<string>();
  const claim = (object: StoredObject, own: readonly string[]): void => {
    const id = String(recordOf(object)?.id ?? "");
    if (id !== "") found.add(id);
    faults.push(...own.map((fault) => `${byId.get(id)?.kind ?? "unknown"} ${id}: ${fault}`));
  };
  for (const object of state.jobs) {
    const id = String(recordOf(object)?.id ?? "");
    claim(object, jobFaults(object, jobRows.get(object.objectId), byId.get(id)));
    if (recordOf(object) === null && object.values.size > 0) {
      faults.push(`object ${object.objectId}: without a job it has ${[...object.values.keys()].join()}`);
    }
  }
  for (const object of state.typedJobs) {
    claim(object, typedFaults(object, typedRows.get(String(recordOf(object)?.id ?? ""))));
  }
  const objects = new Set(state.jobs.filter((one) => recordOf(one) !== null).map((one) => one.objectId));
  faults.push(...missing(accepted, found), ...strayRows(jobRows, objects), ...strayRows(typedRows, found));
  faults.push(
    ...state.quotas.flatMap((quota) => quotaFaults(quota, now)),
    ...bucketFaults(state),
    ...state.pools.flatMap(poolFaults),
  );
  return faults;
};

/** How the jobs ended, most frequent first: `kind state reason: count`. */
export const endsOf = (state: StoredState, accepted: readonly Accepted[]): string[] => {
  const byId = new Map(accepted.map((job) => [job.id, job]));
  const counts = new Map<string, number>();
  for (const object of [...state.jobs, ...state.typedJobs]) {
    const record = recordOf(object);
    if (record === null) continue;
    const result = partOf(object, "result");
    const words = [byId.get(String(record.id))?.kind ?? "unknown", record.state ?? record.status];
    if (result !== null) words.push(result.reason, result.message ?? "");
    const line = words.join(" ").trim();
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([line, count]) => `${count} x ${line}`);
};

/** How much was looked at: a check that saw nothing finds nothing. */
export const countsOf = (state: StoredState): string =>
  `read ${state.jobs.length} jobs and ${state.jobRows.length} rows, ${state.typedJobs.length} typed jobs and ` +
  `${state.typedRows.length} rows, ${state.quotas.length} quotas, ${state.bucketKeys.length} files`;
