import { byteLength, type LogChunk, type LogRecord, nextSeq, recordsOf } from "./log-book.ts";

export type LogSlice = {
  readonly records: readonly LogRecord[];
  readonly next: number;
  readonly more: boolean;
};

/** Records behind `after` from consecutive chunks, ending behind the one that reaches `maxBytes` or `maxRecords`. */
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
  return { records, next: records.at(-1)?.seq ?? after, more: false };
};
