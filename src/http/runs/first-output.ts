import type { JobHandle } from "../../domain/ports/job-objects.ts";

/** Of each stream, so much stands in an answer about the run itself. */
const SHOWN_BYTES = 65_536;
const MOST_BYTES = 262_144;

/** The text's first bytes, up to the last whole character. */
const cut = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= SHOWN_BYTES) return text;
  let end = SHOWN_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end));
};

/**
 * The first 64 KiB of what a run printed, for answers that save the call of GET /logs; `truncated` when
 * there is more. stdout and stderr come from the first 256 KiB of both together.
 */
export const outputOf = async (run: JobHandle) => {
  const page = await run.logs(null, MOST_BYTES);
  if (page === null) return {};
  const textOf = (stream: "stdout" | "stderr"): string =>
    page.records.reduce((text, record) => (record.stream === stream ? text + record.data : text), "");
  const [stdout, stderr] = [textOf("stdout"), textOf("stderr")];
  const shown = { stdout: cut(stdout), stderr: cut(stderr) };
  const isCut = shown.stdout.length < stdout.length || shown.stderr.length < stderr.length;
  return { ...shown, truncated: page.truncated || page.more || isCut };
};
