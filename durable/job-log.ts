import type { JobStorage } from "../src/adapters/job-storage.ts";
import { appendLog, type LogChunk, type LogEntry, nextSeq } from "../src/domain/job/log-book.ts";
import { type LogSlice, logTail, sliceLog } from "../src/domain/job/log-pages.ts";
import { type Attempt, type JobRecord, snapshotOf } from "../src/domain/job/record.ts";
import type { LogPage } from "../src/domain/ports/job-objects.ts";

/** The job's log as it is stored: attempts append to it, clients and watchers read pieces of it. */
export class JobLog {
  readonly #storage: JobStorage;

  constructor(storage: JobStorage) {
    this.#storage = storage;
  }

  /** Number of the next record. */
  nextSeq(): number {
    return nextSeq(this.#storage.tail());
  }

  /** Stores what the newest attempt printed, up to its event number `lastEvent`. */
  append(record: JobRecord, entries: readonly LogEntry[], lastEvent: number): void {
    const chunks = appendLog(this.#storage.tail(), record.attemptsMade, entries, lastEvent);
    this.#storage.writeChunks(chunks);
  }

  slice(after: number, maxBytes: number, maxRecords?: number): LogSlice {
    const chunks = this.#storage.chunksFrom(after + 1);
    return sliceLog(chunks, this.#storage.tail(), after, maxBytes, maxRecords);
  }

  /** A slice with the job as it is; null starts at the newest attempt's first record. */
  page(record: JobRecord, after: number | null, maxBytes: number, maxRecords?: number): LogPage {
    return {
      ...this.slice(after ?? record.firstSeq - 1, maxBytes, maxRecords),
      snapshot: snapshotOf(record),
      truncated: this.isTruncated(record),
    };
  }

  /** The end of the newest attempt's log as text, at most so many bytes of UTF-8. */
  tailText(record: JobRecord, maxBytes: number): string {
    return logTail(this.#storage.chunksBackward(), record.attemptsMade, maxBytes);
  }

  /** Number of the attempt's last event that is stored, be it with the record or with the log. */
  lastEvent(record: JobRecord, attempt: Attempt): number {
    return Math.max(attempt.lastEvent, this.#tailOf(record)?.lastEvent ?? 0);
  }

  isTruncated(record: JobRecord): boolean {
    return record.result?.truncated ?? this.#tailOf(record)?.truncated ?? false;
  }

  /** The newest chunk, if the newest attempt wrote it. */
  #tailOf(record: JobRecord): LogChunk | null {
    const tail = this.#storage.tail();
    return tail?.attempt === record.attemptsMade ? tail : null;
  }
}
