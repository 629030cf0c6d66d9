import type { CaseResult, CaseRules } from "../../src/wire/judging.ts";
import type { LogStream } from "../../src/wire/vocabulary.ts";

/** Pieces whose order is told; what comes in more is told as one. */
const ORDER_PIECES = 256;

type Kept = Pick<CaseResult, "stdout" | "stderr" | "stdoutBytes" | "stderrBytes" | "order">;

/** Takes in what a case prints: all of stdout, which is compared, and of both the first part, which is shown. */
export const createCapture = (keep: { readonly stdoutBytes: number; readonly stderrBytes: number }) => {
  const chunks: Record<LogStream, Buffer[]> = { stdout: [], stderr: [] };
  const bytes = { stdout: 0, stderr: 0 };
  const keptBytes = { stdout: 0, stderr: 0 };
  const room = { stdout: keep.stdoutBytes, stderr: keep.stderrBytes };
  /** Lengths of the kept pieces, stdout's and stderr's in turn. */
  const order: number[] = [0];

  const note = (stream: LogStream, count: number): void => {
    if (count === 0) return;
    keptBytes[stream] += count;
    const isTurn = (order.length % 2 === 1) === (stream === "stdout");
    if (!isTurn && order.length < ORDER_PIECES) order.push(0);
    order[order.length - 1] = (order.at(-1) ?? 0) + count;
  };
  return {
    take: (stream: LogStream, chunk: Buffer): void => {
      const left = room[stream] - keptBytes[stream];
      bytes[stream] += chunk.length;
      note(stream, Math.min(chunk.length, left));
      if (stream === "stdout" || left > 0) chunks[stream].push(chunk);
    },
    stdout: (): Buffer => Buffer.concat(chunks.stdout),
    kept: (): Kept => ({
      stdout: Buffer.concat(chunks.stdout).subarray(0, room.stdout).toString("base64"),
      stderr: Buffer.concat(chunks.stderr).subarray(0, room.stderr).toString("base64"),
      stdoutBytes: bytes.stdout,
      stderrBytes: bytes.stderr,
      order,
    }),
  };
};

/** What of the next case may still be kept, when the cases so far have used so much of the common allowance. */
export const roomFor = (
  { keep }: CaseRules,
  usedBytes: number,
): { readonly stdoutBytes: number; readonly stderrBytes: number } => {
  const left = Math.max(0, keep.totalBytes - usedBytes);
  const stderrBytes = Math.min(keep.stderrBytes, left);
  return { stdoutBytes: Math.min(keep.stdoutBytes, Math.max(0, left - stderrBytes)), stderrBytes };
};
