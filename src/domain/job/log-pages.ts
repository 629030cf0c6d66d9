import { byteLength, type LogChunk, type LogRecord, nextSeq, recordsOf } from "./log-book.ts";

export type LogSlice = {
  readonly records: readonly LogRecord[];
  readonly next: number;
  readonly more: boolean;
};

/**
 * Records behind `after` from consecutive chunks, ending behind the one that reaches `maxBytes` or
 * `maxRecords`. `next` is the number of a record that there is, whatever `after` was, or 0.
 */
export const sliceLog = (
  chunks: Iterable<LogChunk>,
  tail: LogChunk | null,
  after: number,
  maxBytes: number,
  maxRecords: number = Number.POSITIVE_INFINITY,
): LogSlice => {
  const records: LogRecord[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    for (const record of recordsOf(chunk, after)) {
      records.push(record);
      bytes += byteLength(record.data);
      if (bytes >= maxBytes || records.length >= maxRecords)
        return { records, next: record.seq, more: record.seq < nextSeq(tail) - 1 };
    }
  }
  return { records, next: records.at(-1)?.seq ?? Math.min(after, nextSeq(tail) - 1), more: false };
};

/** The end of an attempt's log, at most `maxBytes` of UTF-8; `newestFirst` may hold older attempts' chunks. */
export const logTail = (newestFirst: Iterable<LogChunk>, attempt: number, maxBytes: number): string => {
  let text = "";
  for (const chunk of newestFirst) {
    if (chunk.attempt !== attempt) break;
    text = chunk.entries.map(({ data }) => data).join("") + text;
    if (byteLength(text) >= maxBytes) break;
  }
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return text;
  const isContinuation = (at: number): boolean => ((bytes[at] ?? 0) & 0xc0) === 0x80;
  let start = bytes.length - maxBytes;
  while (isContinuation(start)) start += 1;
  return new TextDecoder().decode(bytes.subarray(start));
};
