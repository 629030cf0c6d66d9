import type { ByteReader, Pull } from "./byte-reader.ts";
import type { CanonicalTar } from "./canonical-tar.ts";
import { decodeName } from "./entry-path.ts";
import { type Delimiter, pullUntil } from "./find-bytes.ts";
import { shown, UploadRefused } from "./refusal.ts";

/** A `Size` up to this is checked before the text is read; a larger one is trusted, then checked. */
const LOOKAHEAD_BYTES = 4 * 1024 * 1024;
const PROBE_BYTES = 128;
const LINE_BYTES = 2_048;
const HEADER_LINES = 16;
const LF = 0x0a;

const latin1 = new TextDecoder("latin1");

const QUICK_CODE = /^----Tar\r?\nPath:/;
const FIRST_BOUNDARY = /^----TarBoundary\d{1,32}\r?\nPath:/;
const NEXT_BOUNDARY = /^\r?\n----TarBoundary\d{1,32}\r?\nPath:/;
const LAST_BOUNDARY = /^\r?\n----TarBoundary\d{1,32}(?:--)?\r?\n?$/;
const LAST_LINE_END = /^(?:\r?\n)?$/;

/** The text form that a part's first bytes announce, or null. */
export const textFormOf = (head: Uint8Array): "quick-code" | "multi-file" | null => {
  const start = latin1.decode(head.subarray(0, PROBE_BYTES));
  if (QUICK_CODE.test(start)) return "quick-code";
  return FIRST_BOUNDARY.test(start) ? "multi-file" : null;
};

const badForm = (detail: string): UploadRefused =>
  new UploadRefused("bad_archive", `The text archive in \`files\` cannot be read: ${detail}`);

const readLine = async (reader: ByteReader): Promise<string> => {
  for (let wanted = 1; wanted <= LINE_BYTES; wanted += 1) {
    const held = await reader.fill(wanted);
    const end = held.subarray(0, LINE_BYTES).indexOf(LF);
    if (end >= 0) {
      const line = decodeName(held.subarray(0, end), "the text archive");
      reader.consume(end + 1);
      return line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (held.length < wanted) throw badForm("it ends inside an entry's header");
    wanted = held.length;
  }
  throw badForm(`a header line has more than ${LINE_BYTES} bytes`);
};

type EntryHeader = { path: string; size: number | null };

/** Reads the lines after a boundary up to and with the empty one. */
const readHeader = async (reader: ByteReader): Promise<EntryHeader> => {
  const fields = new Map<string, string>();
  for (let count = 0; count <= HEADER_LINES; count += 1) {
    const line = await readLine(reader);
    if (line === "") {
      const size = fields.get("size") ?? "";
      return { path: fields.get("path") ?? "", size: /^\d{1,12}$/.test(size) ? Number(size) : null };
    }
    const colon = line.indexOf(":");
    fields.set(line.slice(0, Math.max(colon, 0)).toLowerCase(), line.slice(colon + 1).trim());
  }
  throw badForm(`an entry has more than ${HEADER_LINES} header lines`);
};

/** One file; its `Size` counts characters in some clients and bytes in others, so it is not looked at. */
export const readQuickCode = async (reader: ByteReader, tar: CanonicalTar): Promise<void> => {
  await readLine(reader);
  const { path } = await readHeader(reader);
  await tar.addFile(path, () => reader.take(Number.POSITIVE_INFINITY));
};

/**
 * Whether a text ends here: a line end, then the boundary of a next entry, or a last one, or nothing more.
 * A probe that is shorter than its full length reaches the end of the part.
 */
const endsEntry = (held: Uint8Array, at: number): boolean => {
  const probe = latin1.decode(held.subarray(at, at + PROBE_BYTES));
  const reachesEnd = probe.length < PROBE_BYTES;
  return (
    NEXT_BOUNDARY.test(probe) || (reachesEnd && (LAST_BOUNDARY.test(probe) || LAST_LINE_END.test(probe)))
  );
};

const NEEDLE = new TextEncoder().encode("\n----TarBoundary");
const BOUNDARY: Delimiter = { needle: NEEDLE, lookahead: PROBE_BYTES - NEEDLE.length, isReal: endsEntry };

const landsAt = async (reader: ByteReader, size: number): Promise<boolean> => {
  const held = await reader.fill(size + PROBE_BYTES);
  return held.length >= size && endsEntry(held, size);
};

const splitAtBoundary = (reader: ByteReader): Pull => {
  const content = pullUntil(reader, BOUNDARY);
  return async () => {
    const chunk = await content();
    const isFinalLineEnd = chunk?.length === 1 && chunk[0] === LF && (await reader.atEnd());
    return isFinalLineEnd ? null : chunk;
  };
};

const trustedContent = (reader: ByteReader, path: string, size: number): Pull => {
  const content = reader.bounded(size);
  const end = reader.position + size;
  return async () => {
    const chunk = await content();
    if (chunk === null && !(reader.position === end && (await landsAt(reader, 0))))
      throw badForm(`the Size of ${shown(path)} does not end at a boundary; send a .zip or .tar.gz`);
    return chunk;
  };
};

const contentOf = async (reader: ByteReader, { path, size }: EntryHeader): Promise<Pull> => {
  if (size === null) return splitAtBoundary(reader);
  const held = await reader.fill(Math.min(size, LOOKAHEAD_BYTES) + PROBE_BYTES);
  if (size > LOOKAHEAD_BYTES && held.length >= LOOKAHEAD_BYTES) return trustedContent(reader, path, size);
  return (await landsAt(reader, size)) ? reader.bounded(size) : splitAtBoundary(reader);
};

/** Skips the line feed after a text; whether another entry follows. */
const enterNext = async (reader: ByteReader): Promise<boolean> => {
  const probe = latin1.decode((await reader.fill(PROBE_BYTES)).subarray(0, PROBE_BYTES));
  if (!NEXT_BOUNDARY.test(probe)) return false;
  reader.consume(probe.indexOf("\n") + 1);
  return true;
};

/** Several files between boundary lines. `Size` counts when it lands on a boundary or the end. */
export const readMultiFile = async (reader: ByteReader, tar: CanonicalTar): Promise<void> => {
  do {
    await readLine(reader);
    const header = await readHeader(reader);
    await tar.addFile(header.path, await contentOf(reader, header));
  } while (await enterNext(reader));
};
