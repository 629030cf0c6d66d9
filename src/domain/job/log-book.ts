import { OUTPUT_BYTES_PER_STREAM } from "../../wire/limits.ts";
import type { LogStream } from "../../wire/vocabulary.ts";
import { schemaOf } from "../stored.ts";

/** Something that happened between pieces of output, in the form that watchers are shown. */
export type LogMark = { readonly type: "compile" | "case"; readonly [member: string]: unknown };

/** One piece of output; `seq` counts from 1 without gaps over the life of the job. */
export type LogRecord = {
  readonly seq: number;
  readonly atMs: number;
  readonly stream: LogStream;
  readonly data: string;
  /** The compiler's text; absent for the program's own. */
  readonly phase?: "compile";
  /** In place of output, with no data: it takes a number, so that watchers resume over it. */
  readonly mark?: LogMark;
};

export type LogEntry = Omit<LogRecord, "seq">;

/** A stored row of consecutive records; totals are of the attempt that wrote it, this chunk included. */
export type LogChunk = {
  readonly attempt: number;
  readonly firstSeq: number;
  readonly entries: readonly LogEntry[];
  readonly chunkBytes: number;
  readonly streamBytes: Readonly<Record<LogStream, number>>;
  readonly truncated: boolean;
  /** Number of the attempt's last event that is stored. */
  readonly lastEvent: number;
};

export const logChunkSchema = schemaOf<LogChunk>("a piece of a job's log");

/** A chunk below this size is rewritten with what comes next; a larger one is left alone. */
const CHUNK_FULL_BYTES = 8 * 1024;
/** Stored values end at 2 MB (platform), and UTF-16 may double the text. */
const CHUNK_MAX_BYTES = 256 * 1024;

export const nextSeq = (tail: LogChunk | null): number =>
  tail === null ? 1 : tail.firstSeq + tail.entries.length;

export const recordsOf = (chunk: LogChunk, after = 0): LogRecord[] =>
  chunk.entries
    .map((entry, index) => ({ seq: chunk.firstSeq + index, ...entry }))
    .filter((record) => record.seq > after);

const utf8 = new TextEncoder();
export const byteLength = (text: string): number => {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return utf8.encode(text).length;
  }
  return text.length;
};

/** The longest start of `text` that is at most `maxBytes` of UTF-8. */
const cutTo = (text: string, maxBytes: number): string => {
  if (byteLength(text) <= maxBytes) return text;
  const kept = utf8.encode(text).subarray(0, maxBytes);
  return new TextDecoder("utf-8").decode(kept, { stream: true });
};

/** A mark has no data and is kept all the same. */
const isEmpty = ({ mark }: LogEntry, data: string): boolean => data === "" && mark === undefined;

/** What an entry takes in a chunk. */
const storedBytes = (size: number, { mark }: LogEntry): number =>
  mark === undefined ? size : JSON.stringify(mark).length;

/**
 * Appends an attempt's entries behind the tail: the chunks to store, of which the first may replace the
 * tail. The cap of 10 MiB per stream is the executor's to
 * enforce; it is applied here again because the log must stay bounded whoever reports.
 */
export const appendLog = (
  tail: LogChunk | null,
  attempt: number,
  entries: readonly LogEntry[],
  lastEvent: number,
  capBytes: number = OUTPUT_BYTES_PER_STREAM,
): readonly LogChunk[] => {
  const sameAttempt = tail !== null && tail.attempt === attempt;
  const streamBytes = sameAttempt ? { ...tail.streamBytes } : { stdout: 0, stderr: 0 };
  let truncated = sameAttempt && tail.truncated;
  let open: { firstSeq: number; entries: LogEntry[]; chunkBytes: number } =
    sameAttempt && tail.chunkBytes < CHUNK_FULL_BYTES
      ? { firstSeq: tail.firstSeq, entries: [...tail.entries], chunkBytes: tail.chunkBytes }
      : { firstSeq: nextSeq(tail), entries: [], chunkBytes: 0 };
  const closed: (typeof open)[] = [];
  for (const entry of entries) {
    const data = cutTo(entry.data, capBytes - streamBytes[entry.stream]);
    const isCut = data.length < entry.data.length;
    truncated ||= isCut;
    const size = byteLength(data);
    // What comes after a cut must not slip into the bytes that a cut character left free.
    streamBytes[entry.stream] = isCut ? capBytes : streamBytes[entry.stream] + size;
    if (isEmpty(entry, data)) continue;
    const taken = storedBytes(size, entry);
    if (open.chunkBytes > 0 && open.chunkBytes + taken > CHUNK_MAX_BYTES) {
      closed.push(open);
      open = { firstSeq: open.firstSeq + open.entries.length, entries: [], chunkBytes: 0 };
    }
    open.entries.push({ ...entry, data });
    open.chunkBytes += taken;
  }
  return [...closed, open].map((chunk) => ({ attempt, ...chunk, streamBytes, truncated, lastEvent }));
};
