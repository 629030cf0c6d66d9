import type { LogChunk } from "../domain/job/log-book.ts";
import type { JobRecord } from "../domain/job/record.ts";

const RECORD = "job";
const LOG_PREFIX = "log/";
/** Sorts after every chunk key, whose numbers have 12 digits. */
const LOG_END = "log0";

const chunkKey = (firstSeq: number): string => LOG_PREFIX + String(firstSeq).padStart(12, "0");

/**
 * The job object's SQLite storage, by its synchronous key-value interface: one value is one row, and an
 * object that was only asked about, and never created, stores nothing at all, not even tables.
 */
export class JobStorage {
  readonly #storage: DurableObjectStorage;
  #record: JobRecord | null | undefined;
  #tail: LogChunk | null | undefined;

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
      this.#tail = chunk;
    }
  }

  /** Stored chunks from the one that holds `seq` on. */
  *chunksFrom(seq: number): Iterable<LogChunk> {
    const [holder] = this.#storage.kv.list<LogChunk>({
      prefix: LOG_PREFIX,
      end: chunkKey(seq + 1),
      reverse: true,
      limit: 1,
    });
    for (const [, chunk] of this.#storage.kv.list<LogChunk>({
      start: holder?.[0] ?? LOG_PREFIX,
      end: LOG_END,
    })) {
      yield chunk;
    }
  }

  async clear(): Promise<void> {
    this.#record = null;
    this.#tail = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }
}
