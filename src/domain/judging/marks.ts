import { CASE_SHOWN_BYTES, type CaseResult, type CompileResult } from "../../wire/judging.ts";
import type { LogMark } from "../job/log-book.ts";
import { fromBase64, toBase64 } from "./base64.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text where they are UTF-8, else as base64. */
export const shownBytes = (
  bytes: Uint8Array,
): { readonly text: string; readonly encoding: "utf-8" | "base64" } => {
  try {
    return { text: strict.decode(bytes), encoding: "utf-8" };
  } catch {
    // Not UTF-8: a TextDecoder has no other way to say so.
    return { text: toBase64(bytes), encoding: "base64" };
  }
};

/** The first bytes, up to the last whole character of UTF-8. */
export const firstBytes = (bytes: Uint8Array, maxBytes: number): Uint8Array => {
  if (bytes.length <= maxBytes) return bytes;
  let end = maxBytes;
  for (let back = 0; back < 3 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
  return bytes.subarray(0, end);
};

/** A compile step as clients see it, without the compiler's text. */
export const compileFields = (result: CompileResult) => ({
  status: result.status,
  exit_code: result.exitCode,
  signal: result.signal,
  output_truncated: result.outputTruncated,
  cpu_seconds: result.cpuSeconds,
  wall_time_ms: result.wallTimeMs,
  memory_peak_bytes: result.memoryPeakBytes,
  cached: result.cached,
});

/** A case's result as clients see it, without what it printed. */
export const caseFields = (result: Omit<CaseResult, "stdout" | "stderr" | "order">) => ({
  index: result.index,
  id: result.id,
  verdict: result.verdict,
  exit_code: result.exitCode,
  signal: result.signal,
  termination_reason: result.reason,
  cpu_seconds: result.cpuSeconds,
  wall_time_ms: result.wallTimeMs,
  memory_peak_bytes: result.memoryPeakBytes,
  stdout_bytes: result.stdoutBytes,
  stderr_bytes: result.stderrBytes,
});

export const compileMark = (result: CompileResult): LogMark => ({
  type: "compile",
  ...compileFields(result),
});

/** With the beginning of stdout, for a watcher's eyes. */
export const caseMark = (result: CaseResult): LogMark => {
  const { text, encoding } = shownBytes(firstBytes(fromBase64(result.stdout), CASE_SHOWN_BYTES));
  return {
    type: "case",
    ...caseFields(result),
    stdout: text,
    stdout_encoding: encoding,
    stdout_truncated: result.stdoutBytes > CASE_SHOWN_BYTES,
  };
};
