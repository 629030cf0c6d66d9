import type { JobRecord } from "./record.ts";

/** A part of this size is stored by itself: a stored value ends at 2 MB (platform), and most changes leave it as it is. */
const APART_BYTES = 32 * 1024;

/** Members that may grow large; what lies within another stands before it. */
const PARTS = [
  "task.inputs",
  "task.stdin",
  "task.cases",
  "task",
  "result.outputs",
  "result",
  "compiled",
  "workload",
  "upload",
  "webhooks",
] as const;
export type PartName = (typeof PARTS)[number];

/** A record without the parts that `apart` names; whole where there is no `apart`. */
export type RecordHead = JobRecord & { readonly apart?: readonly PartName[] };

/** A whole record, and which of its parts are stored by themselves. */
export type StoredRecord = { readonly record: JobRecord; readonly apart: readonly PartName[] };

/** What is to be stored for a change: the head always, and parts that are new or no longer apart. */
export type SplitRecord = {
  readonly head: RecordHead;
  readonly apart: readonly PartName[];
  readonly put: ReadonlyMap<PartName, unknown>;
  readonly drop: readonly PartName[];
};

type Members = Readonly<Record<string, unknown>>;

const partOf = (record: JobRecord, name: PartName): unknown => {
  const [outer = "", inner] = name.split(".");
  const value = (record as Members)[outer];
  return inner === undefined ? value : (value as Members | null | undefined)?.[inner];
};

const withPart = (record: JobRecord, name: PartName, value: unknown): JobRecord => {
  const [outer = "", inner] = name.split(".");
  const members = record as Members;
  const next = inner === undefined ? value : { ...(members[outer] as Members), [inner]: value };
  return { ...members, [outer]: next } as JobRecord;
};

/** Bytes that a value takes at most, but for what frames it. */
const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return 2 * value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce((total, [key, member]) => total + key.length + sizeOf(member), 0);
};

/** Parts a record for storage. `before` is what was stored last: a part that is the very same stays as it is. */
export const splitRecord = (record: JobRecord, before: StoredRecord | null): SplitRecord => {
  let head = record;
  const apart: PartName[] = [];
  const put = new Map<PartName, unknown>();
  for (const name of PARTS) {
    const isSame = before !== null && partOf(before.record, name) === partOf(record, name);
    const value = partOf(head, name);
    const isApart = isSame ? before.apart.includes(name) : sizeOf(value) > APART_BYTES;
    if (!isApart) continue;
    apart.push(name);
    if (!isSame) put.set(name, value);
    head = withPart(head, name, null);
  }
  const drop = (before?.apart ?? []).filter((name) => !apart.includes(name));
  return { head: apart.length === 0 ? head : { ...head, apart }, apart, put, drop };
};

/** The whole record again; `read` gives a part that is stored by itself. */
export const joinRecord = (head: RecordHead, read: (name: PartName) => unknown): StoredRecord => {
  const { apart = [], ...record } = head;
  const whole = PARTS.toReversed()
    .filter((name) => apart.includes(name))
    .reduce<JobRecord>((joined, name) => withPart(joined, name, read(name)), record);
  return { record: whole, apart };
};
