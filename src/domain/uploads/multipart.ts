import { ByteReader, drain, type Pull } from "./byte-reader.ts";
import { indexOfBytes, pullUntil } from "./find-bytes.ts";
import { type PartNames, parsePartHeaders } from "./part-headers.ts";
import { UploadRefused } from "./refusal.ts";

export type UploadPart = PartNames & { body: Pull };

const HEADER_BYTES = 16 * 1024;
const PADDING_BYTES = 64;
const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const latin1 = new TextDecoder("latin1");
const CRLF = encoder.encode("\r\n");
const BLANK_LINE = encoder.encode("\r\n\r\n");

const malformed = (detail: string): UploadRefused =>
  new UploadRefused("malformed_multipart", `The multipart body is malformed: ${detail}`, null);

/** What follows a boundary: `--` for the last one, else optional blanks and a line end (RFC 2046, 5.1.1). */
const BOUNDARY_END = /^(?:--|[ \t]*\r\n)/;

const boundaryEnd = async (reader: ByteReader, delimiter: Uint8Array): Promise<string | undefined> => {
  const held = await reader.fill(delimiter.length + PADDING_BYTES);
  return BOUNDARY_END.exec(
    latin1.decode(held.subarray(delimiter.length, delimiter.length + PADDING_BYTES)),
  )?.[0];
};

/** Steps over a boundary but leaves its line end, which starts the header block; false for the last boundary. */
const enterPart = async (reader: ByteReader, delimiter: Uint8Array): Promise<boolean> => {
  const end = await boundaryEnd(reader, delimiter);
  if (end === undefined) throw malformed("it ends without its closing boundary");
  reader.consume(delimiter.length + (end === "--" ? 2 : end.length - CRLF.length));
  return end !== "--";
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
        throw malformed("the headers of a part are not valid UTF-8");
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
  const delimiter = encoder.encode(`\r\n--${boundary}`);
  const isDelimiter = async () => (await boundaryEnd(reader, delimiter)) !== undefined;
  await drain(pullUntil(reader, delimiter, isDelimiter));
  while (await enterPart(reader, delimiter)) {
    const names = parsePartHeaders(await readHeaderBlock(reader));
    if (names === null) throw malformed("the Content-Disposition of a part cannot be read");
    const body = pullUntil(reader, delimiter, isDelimiter);
    yield { ...names, body };
    await drain(body);
  }
  await drain(() => reader.take(Number.POSITIVE_INFINITY));
};
