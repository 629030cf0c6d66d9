import type { LogChunk } from "../domain/job/log-book.ts";
import type { JobRecord, StoredBytes } from "../domain/job/record.ts";

const RECORD = "job";
const DOOR_DATA = "door";
const LOG_PREFIX = "log/";
/** At most 256 KiB each. */
const RECENT_CHUNKS = 16;

const chunkKey = (firstSeq: number): string => LOG_PREFIX + String(firstSeq).padStart(12, "0");

/**
 * The job object's SQLite storage, by its synchronous key-value interface: one value is one row, and an
 * object that was only asked about, and never created, stores nothing at all, not even tables.
 */
export class JobStorage {
  readonly #storage: DurableObjectStorage;
  #record: JobRecord | null | undefined;
  #tail: LogChunk | null | undefined;
  /** Chunks read or written last, by their first number: many watchers read the same ones. */
  readonly #recent = new Map<number, LogChunk>();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  record(): JobRecord | null {
    this.#record ??= this.#storage.kv.get<JobRecord>(RECORD) ?? null;
    return this.#record;
  }

  write(record: JobRecord): void {
    this.#storage.kv.put(RECORD, record);
    this.#record = record;
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
      const [newest] = this.#storage.kv.list<LogChunk>({ prefix: LOG_PREFIX, reverse: true, limit: 1 });
      this.#tail = newest?.[1] ?? null;
    }
    return this.#tail;
  }

  writeChunks(chunks: readonly LogChunk[]): void {
    for (const chunk of chunks) {
      this.#storage.kv.put(chunkKey(chunk.firstSeq), chunk);
      this.#tail = this.#remember(chunk);
    }
  }

  /** Stored chunks from the newest back. */
  *chunksBackward(): Iterable<LogChunk> {
    for (const [, chunk] of this.#storage.kv.list<LogChunk>({ prefix: LOG_PREFIX, reverse: true })) {
      yield chunk;
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

  async clear(): Promise<void> {
    this.#record = null;
    this.#tail = null;
    this.#recent.clear();
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  /** The chunk with this record, or the first one behind it. */
  #holderOf(seq: number): LogChunk | null {
    for (const chunk of this.#recent.values()) {
      if (chunk.firstSeq <= seq && seq < chunk.firstSeq + chunk.entries.length) return chunk;
    }
    const [holder] = this.#storage.kv.list<LogChunk>({
      prefix: LOG_PREFIX,
      end: chunkKey(seq + 1),
      reverse: true,
      limit: 1,
    });
    return holder === undefined ? null : this.#remember(holder[1]);
  }

  #chunkAt(firstSeq: number): LogChunk | null {
    const recent = this.#recent.get(firstSeq);
    if (recent !== undefined) return recent;
    const stored = this.#storage.kv.get<LogChunk>(chunkKey(firstSeq));
    return stored === undefined ? null : this.#remember(stored);
  }

  #remember(chunk: LogChunk): LogChunk {
    this.#recent.delete(chunk.firstSeq);
    this.#recent.set(chunk.firstSeq, chunk);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > RECENT_CHUNKS && oldest !== undefined) this.#recent.delete(oldest);
    return chunk;
  }
}
