import { ByteReader, drain, type Pull } from "./byte-reader.ts";
import { type Delimiter, indexOfBytes, pullUntil } from "./find-bytes.ts";
import { type PartNames, parsePartHeaders } from "./part-headers.ts";
import { shownBytes, UploadRefused } from "./refusal.ts";

export type UploadPart = PartNames & { body: Pull };

const HEADER_BYTES = 16 * 1024;
const PADDING_BYTES = 64;
const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const CRLF = encoder.encode("\r\n");
const BLANK_LINE = encoder.encode("\r\n\r\n");

const malformed = (detail: string): UploadRefused =>
  new UploadRefused("malformed_multipart", `The multipart body is malformed: ${detail}`, null);

const latin1 = new TextDecoder("latin1");

/** Which part it is, where its own name can be made out. */
const filenameHint = (headers: Uint8Array): string => {
  const quoted = /filename="([^"\r\n]*)/i.exec(latin1.decode(headers));
  if (quoted === null) return "";
  const end = quoted.index + quoted[0].length;
  return `, in the file name ${shownBytes(headers.subarray(end - (quoted[1] ?? "").length, end))}`;
};

const DASH = 0x2d;

/**
 * Bytes that follow a boundary up to the next header block or the epilogue: `--` after the last one, else
 * optional blanks before a line end (RFC 2046, 5.1.1); null when it is no boundary.
 */
const boundaryTail = (held: Uint8Array, end: number): { isLast: boolean; length: number } | null => {
  if (held[end] === DASH && held[end + 1] === DASH) return { isLast: true, length: 2 };
  let at = end;
  while (at < end + PADDING_BYTES && (held[at] === 0x20 || held[at] === 0x09)) at += 1;
  return held[at] === CRLF[0] && held[at + 1] === CRLF[1] ? { isLast: false, length: at - end } : null;
};

const delimiterOf = (boundary: string): Delimiter => {
  const needle = encoder.encode(`\r\n--${boundary}`);
  const isReal = (held: Uint8Array, at: number) => boundaryTail(held, at + needle.length) !== null;
  return { needle, lookahead: PADDING_BYTES + CRLF.length, isReal };
};

/** Steps over a boundary but leaves its line end, which starts the header block; false for the last boundary. */
const enterPart = async (reader: ByteReader, { needle, lookahead }: Delimiter): Promise<boolean> => {
  const tail = boundaryTail(await reader.fill(needle.length + lookahead), needle.length);
  if (tail === null) throw malformed("it ends without its closing boundary");
  reader.consume(needle.length + tail.length);
  return !tail.isLast;
};

const readHeaderBlock = async (reader: ByteReader): Promise<string> => {
  let wanted = BLANK_LINE.length;
  for (;;) {
    const held = await reader.fill(wanted);
    const end = indexOfBytes(held.subarray(0, HEADER_BYTES), BLANK_LINE);
    if (end >= 0) {
      const block = held.subarray(0, end);
      reader.consume(end + BLANK_LINE.length);
      try {
        return utf8.decode(block);
      } catch {
        throw malformed(
          `the headers of a part are not valid UTF-8${filenameHint(block)}; encode names as UTF-8`,
        );
      }
    }
    if (held.length >= HEADER_BYTES) throw malformed(`a part has more than ${HEADER_BYTES} bytes of headers`);
    if (held.length < wanted) throw malformed("it ends inside the headers of a part");
    wanted = held.length + 1;
  }
};

/**
 * Parts of a multipart body, one after the other; what is left of a part's body is skipped. Written here
 * because the kept parsers hold whole parts in memory (@remix-run/multipart-parser), need Node's streams
 * (@fastify/busboy), or misread a closing boundary that a chunk's end cuts in two (multipasta 0.2.8).
 */
export const readParts = async function* (pull: Pull, boundary: string): AsyncGenerator<UploadPart, void> {
  // The first boundary may stand at the very start; the others have the line end before them as their own.
  const reader = new ByteReader(pull, CRLF);
  const delimiter = delimiterOf(boundary);
  await drain(pullUntil(reader, delimiter));
  while (await enterPart(reader, delimiter)) {
    const names = parsePartHeaders(await readHeaderBlock(reader));
    if (names === null) throw malformed("the Content-Disposition of a part cannot be read");
    const body = pullUntil(reader, delimiter);
    yield { ...names, body };
    await drain(body);
  }
  await drain(() => reader.take(Number.POSITIVE_INFINITY));
};
