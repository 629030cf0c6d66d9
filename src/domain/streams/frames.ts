import type { ReportedUsage } from "../../wire/report.ts";
import type { LogStream } from "../../wire/vocabulary.ts";
import type { LogRecord } from "../job/log-book.ts";
import type { JobSnapshot } from "../job/record.ts";
import { isTerminal } from "../job/state.ts";
import type { StreamMode } from "../ports/job-objects.ts";
import { statusWord } from "../status-words.ts";

/** Text that one socket frame carries at most; clients may cap frames at 1 MiB. */
const FRAME_CHARS = 64 * 1024;

const joined = (texts: readonly string[]): string[] => {
  const frames: string[] = [];
  let open = "";
  for (const text of texts) {
    if (open !== "" && open.length + text.length > FRAME_CHARS) {
      frames.push(open);
      open = "";
    }
    open += text;
  }
  if (open !== "") frames.push(open);
  return frames;
};

/** Log text with a marker line wherever the output changes between stdout and stderr. */
const markedTexts = (records: readonly LogRecord[], before: LogStream): string[] => {
  let current = before;
  return records.map((record) => {
    if (record.stream === current) return record.data;
    current = record.stream;
    return `[${record.stream.toUpperCase()}]\n${record.data}`;
  });
};

/** A backslash before each bracket that opens a line, and before those that stand there already. */
const escaped = (frame: string): string => frame.replace(/(^|\n)(\\*\[)/g, "$1\\$2");

/** Log text in which no line starts as a control line does; markers are frames of their own. */
const escapedFrames = (records: readonly LogRecord[], before: LogStream): string[] => {
  const frames: string[] = [];
  let texts: string[] = [];
  let current = before;
  const close = (): void => {
    frames.push(...joined(texts).map(escaped));
    texts = [];
  };
  for (const { stream, data } of records) {
    if (stream !== current) {
      close();
      frames.push(`[${stream.toUpperCase()}]\n`);
      current = stream;
    }
    texts.push(data);
  }
  close();
  return frames;
};

/** A record as JSON shows it: a piece of output, or something that happened between pieces. */
export const typedRecord = ({ seq, atMs, stream, data, phase, mark }: LogRecord) =>
  mark === undefined
    ? { seq, at: atMs, stream, data, ...(phase === undefined ? {} : { phase }) }
    : { seq, at: atMs, ...mark };

/** Frames that show records; `before` is the stream of the record that precedes them. */
export const recordFrames = (
  mode: StreamMode,
  records: readonly LogRecord[],
  before: LogStream,
): string[] => {
  const pieces = records.filter(({ mark }) => mark === undefined);
  if (mode === "text") return joined(pieces.map((record) => record.data));
  if (mode === "lines") return joined(markedTexts(pieces, before));
  if (mode === "escaped") return escapedFrames(pieces, before);
  return records.map((record) => JSON.stringify(typedRecord(record)));
};

const doneLine = (snapshot: JobSnapshot): string => {
  const { result } = snapshot;
  const word = statusWord(snapshot.face, snapshot.state);
  if (result === null || result.exitCode === null) return `[DONE] Job ${word}\n`;
  const memoryMb = Math.floor(result.memoryPeakBytes / 1_048_576);
  return `[DONE] Job ${word} (exit=${result.exitCode}, CPU=${result.cpuSeconds.toFixed(6)}s, Mem=${memoryMb}MB)\n`;
};

const typedStatus = (snapshot: JobSnapshot): string =>
  JSON.stringify({
    type: "status",
    status: statusWord(snapshot.face, snapshot.state),
    attempt: snapshot.attemptsMade,
    version: snapshot.version,
  });

/** Only what was judged has a verdict. */
const verdictOf = ({ result }: JobSnapshot): { verdict?: string } =>
  result?.judged === undefined ? {} : { verdict: result.judged.verdict };

const typedEnd = (snapshot: JobSnapshot, lastSeq: number): string =>
  JSON.stringify({
    type: "end",
    status: statusWord(snapshot.face, snapshot.state),
    exit_code: snapshot.result?.exitCode ?? null,
    termination_reason: snapshot.result?.reason ?? null,
    truncated: snapshot.result?.truncated ?? false,
    ...verdictOf(snapshot),
    last_seq: lastSeq,
  });

/** What a new socket is greeted with, before the log so far. */
export const greetingFrames = (mode: StreamMode, snapshot: JobSnapshot): string[] => {
  if (mode === "text") return [];
  if (mode === "typed") return [typedStatus(snapshot)];
  return [`[STATUS] Job status: ${statusWord(snapshot.face, snapshot.state)}\n`];
};

/**
 * A frame that says nothing new, for a socket that was quiet: proxies close idle connections. It is one that
 * every client takes as it is: an empty text, or the status once more.
 */
export const pingFrame = (mode: StreamMode, snapshot: JobSnapshot): string =>
  mode === "typed" ? typedStatus(snapshot) : "";

/** What a change of state looks like; nothing where only the end is told. */
export const statusFrames = (mode: StreamMode, snapshot: JobSnapshot): string[] => {
  if (mode === "text" || isTerminal(snapshot.state)) return [];
  if (mode === "typed") return [typedStatus(snapshot)];
  return [
    snapshot.state === "running"
      ? "[STATUS] Job started\n"
      : `[STATUS] Job ${statusWord(snapshot.face, snapshot.state)}\n`,
  ];
};

/** What a program has used so far, as frames tell it. */
export const usageFrame = ({ cpuSeconds, memoryPeakBytes }: ReportedUsage, wallTimeMs: number): string =>
  JSON.stringify({
    type: "usage",
    cpu_seconds: cpuSeconds,
    memory_peak_bytes: memoryPeakBytes,
    wall_time_ms: wallTimeMs,
  });

/** Where a job stands that waits for an executor, the next one being 1. */
export const queueFrame = (position: number): string => JSON.stringify({ type: "queue", position });

/** The last frames of a job that has ended. */
export const endFrames = (mode: StreamMode, snapshot: JobSnapshot, lastSeq: number): string[] => {
  if (mode === "text") return [];
  if (mode === "typed") return [typedEnd(snapshot, lastSeq)];
  const cut = snapshot.result?.truncated ? ["[TRUNCATED] Output passed its cap\n"] : [];
  return [...cut, doneLine(snapshot)];
};

/** What a socket for an unknown job gets before it is closed with 4404. */
export const unknownJobFrame = (mode: StreamMode, shownId: string): string =>
  mode === "typed"
    ? JSON.stringify({ type: "error", error: `Job not found: ${shownId}` })
    : `[ERROR] Job not found: ${shownId}\n`;
