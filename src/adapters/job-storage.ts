import { type LogChunk, logChunkSchema } from "../domain/job/log-book.ts";
import type { Attempt, JobRecord, StoredBytes } from "../domain/job/record.ts";
import {
  joinRecord,
  type PartName,
  type RecordHead,
  type StoredRecord,
  splitRecord,
} from "../domain/job/record-parts.ts";
import { isIncomplete, recordSchema } from "../domain/job/stored-record.ts";
import { randomIds } from "./ids.ts";

const HEAD = "job";
const PART_PREFIX = "job/";
const LEASE = "lease";
const FAILURES = "failures";
const REMOVING = "removing";
const DOOR_DATA = "door";
const LOG_PREFIX = "log/";
/** At most 256 KiB each. */
const RECENT_CHUNKS = 16;

const schema = recordSchema(randomIds.keyPart);

const partKey = (name: PartName): string => PART_PREFIX + name;

/** The newest renewal of an attempt's lease; it counts while the record is of the version that it was made for. */
type Lease = Pick<Attempt, "id" | "leaseUntilMs" | "lastEvent" | "cpuSeconds"> & { readonly version: number };

const chunkKey = (firstSeq: number): string => LOG_PREFIX + String(firstSeq).padStart(12, "0");

/**
 * The job object's SQLite storage, by its synchronous key-value interface: one value is one row, and an
 * object that was only asked about, and never created, stores nothing at all, not even tables.
 */
export class JobStorage {
  readonly #storage: DurableObjectStorage;
  /** Undefined until it was read. */
  #failures: number | undefined;
  /** The record as it was stored last, without the renewals of its lease since. */
  #stored: StoredRecord | null | undefined;
  #record: JobRecord | null = null;
  #tail: LogChunk | null | undefined;
  #isRemoving: boolean | undefined;
  /** Chunks read or written last, by their first number: many watchers read the same ones. */
  readonly #recent = new Map<number, LogChunk>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Whether there is a job, even one that only a later version of the service can read. */
  get hasJob(): boolean {
    return this.#record !== null || this.#storage.kv.get(HEAD) !== undefined;
  }

  /** @throws NewerSchema */
  record(): JobRecord | null {
    if (this.#stored === undefined) {
      const head = this.#storage.kv.get<RecordHead>(HEAD) ?? null;
      this.#stored = head === null ? null : this.#joined(head);
      if (head !== null && isIncomplete(head)) this.#complete();
      this.#record = this.#stored === null ? null : this.#withLease(this.#stored.record);
    }
    return this.#record;
  }

  /** A head of an earlier schema is written in the present one with the next change. */
  #joined(head: RecordHead): StoredRecord {
    const { record, apart } = joinRecord(head, (name) => this.#storage.kv.get(partKey(name)));
    return { record: schema.read(record), apart };
  }

  /** A secret that was made up as a record was read has to be the same one from now on. */
  #complete(): void {
    if (this.#stored === null || this.#stored === undefined) return;
    const { head } = splitRecord(this.#stored.record, this.#stored);
    this.#storage.kv.put(HEAD, schema.stamp(head));
  }

  write(record: JobRecord): void {
    this.record();
    const { head, apart, put, drop } = splitRecord(record, this.#stored ?? null);
    this.#storage.kv.put(HEAD, schema.stamp(head));
    for (const [name, value] of put) this.#storage.kv.put(partKey(name), value);
    for (const name of drop) this.#storage.kv.delete(partKey(name));
    this.#stored = { record, apart };
    this.#record = record;
  }

  /** Stores a renewed lease, and nothing else of the record: not a change that a client can see. */
  writeLease(record: JobRecord, attempt: Attempt): void {
    const { id, leaseUntilMs, lastEvent, cpuSeconds = 0 } = attempt;
    const lease: Lease = { id, leaseUntilMs, lastEvent, cpuSeconds, version: record.version };
    this.#storage.kv.put(LEASE, lease);
    this.#record = { ...record, attempt };
  }

  /** Counts a time that something had to be left to the next alarm; answers how many there were in a row. */
  noteFailure(): number {
    const failures = this.failures() + 1;
    this.#storage.kv.put(FAILURES, failures);
    return failures;
  }

  /** How many times in a row something had to be left to the next alarm. */
  failures(): number {
    return this.#storage.kv.get<number>(FAILURES) ?? 0;
  }

  forgetFailures(): void {
    if (this.#failuresSoFar() === 0) return;
    this.#storage.kv.delete(FAILURES);
    this.#failures = 0;
  }

  /** Notes that the job was to be deleted and is not gone yet; the alarm goes on with it. */
  noteRemoving(): void {
    this.#storage.kv.put(REMOVING, true);
    this.#isRemoving = true;
  }

  get isRemoving(): boolean {
    this.#isRemoving ??= this.#storage.kv.get(REMOVING) === true;
    return this.#isRemoving;
  }

  doorData(): StoredBytes | null {
    return this.#storage.kv.get<StoredBytes>(DOOR_DATA) ?? null;
  }

  writeDoorData(data: StoredBytes): void {
    this.#storage.kv.put(DOOR_DATA, data);
  }

  /** The newest chunk of the log. */
  tail(): LogChunk | null {
    if (this.#tail === undefined) {
      const [newest] = this.#storage.kv.list<object>({ prefix: LOG_PREFIX, reverse: true, limit: 1 });
      this.#tail = newest === undefined ? null : logChunkSchema.read(newest[1]);
    }
    return this.#tail;
  }

  writeChunks(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) {
      this.#storage.kv.put(chunkKey(chunk.firstSeq), logChunkSchema.stamp(chunk));
      this.#tail = this.#remember(chunk);
    }
  }

  /** Forgets the log, and what a door keeps, of a job whose files are gone. */
  dropLog(): void {
    for (const [key] of [...this.#storage.kv.list({ prefix: LOG_PREFIX })]) this.#storage.kv.delete(key);
    this.#storage.kv.delete(DOOR_DATA);
    this.#tail = null;
    this.#recent.clear();
  }

  /** Stored chunks from the newest back. */
  *chunksBackward(): Iterable<LogChunk> {
    for (const [, stored] of this.#storage.kv.list<object>({ prefix: LOG_PREFIX, reverse: true })) {
      yield logChunkSchema.read(stored);
    }
  }

  /** Stored chunks from the one that holds `seq` on. */
  *chunksFrom(seq: number): Iterable<LogChunk> {
    let chunk = this.#holderOf(seq);
    while (chunk !== null) {
      yield chunk;
      // Without entries it only notes that output was cut, is the newest, and would name itself as the next.
      chunk = chunk.entries.length === 0 ? null : this.#chunkAt(chunk.firstSeq + chunk.entries.length);
    }
  }

  /** The alarm goes with it. */
  async clear(): Promise<void> {
    this.#failures = 0;
    this.#stored = null;
    this.#record = null;
    this.#tail = null;
    this.#isRemoving = false;
    this.#recent.clear();
    await this.#storage.deleteAll();
  }

  #failuresSoFar(): number {
    this.#failures ??= this.#storage.kv.get<number>(FAILURES) ?? 0;
    return this.#failures;
  }

  #withLease(record: JobRecord): JobRecord {
    const { attempt, version } = record;
    const lease = attempt === null ? undefined : this.#storage.kv.get<Lease>(LEASE);
    if (attempt === null || lease?.id !== attempt.id || lease.version !== version) return record;
    const { leaseUntilMs, lastEvent, cpuSeconds = 0 } = lease;
    return { ...record, attempt: { ...attempt, leaseUntilMs, lastEvent, cpuSeconds } };
  }

  /** The chunk with this record, or the first one behind it. */
  #holderOf(seq: number): LogChunk | null {
    for (const chunk of this.#recent.values()) {
      if (chunk.firstSeq <= seq && seq < chunk.firstSeq + chunk.entries.length) return chunk;
    }
    const [holder] = this.#storage.kv.list<object>({
      prefix: LOG_PREFIX,
      end: chunkKey(seq + 1),
      reverse: true,
      limit: 1,
    });
    return holder === undefined ? null : this.#remember(logChunkSchema.read(holder[1]));
  }

  #chunkAt(firstSeq: number): LogChunk | null {
    const recent = this.#recent.get(firstSeq);
    if (recent !== undefined) return recent;
    const stored = this.#storage.kv.get<object>(chunkKey(firstSeq));
    return stored === undefined ? null : this.#remember(logChunkSchema.read(stored));
  }

  #remember(chunk: LogChunk): LogChunk {
    this.#recent.delete(chunk.firstSeq);
    this.#recent.set(chunk.firstSeq, chunk);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > RECENT_CHUNKS && oldest !== undefined) this.#recent.delete(oldest);
    return chunk;
  }
}
