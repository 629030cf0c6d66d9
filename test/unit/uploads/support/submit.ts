import { extract } from "tar-stream";
import { readUpload } from "../../../../src/uploads/read-upload.ts";
import type {
  TarPart,
  UploadAccepted,
  UploadLimits,
  UploadOutcome,
  UploadRefusal,
} from "../../../../src/uploads/types.ts";

const encoder = new TextEncoder();

export const bytes = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? encoder.encode(content) : content;

export const join = (...pieces: (string | Uint8Array)[]): Uint8Array => {
  const parts = pieces.map(bytes);
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const BOUNDARY = "----formBoundary7MA4";
export const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export type Part = { name: string; filename?: string; content: string | Uint8Array };

export const files = (filename: string, content: string | Uint8Array): Part => ({
  name: "files",
  filename,
  content,
});

export const multipart = (parts: readonly Part[]): Uint8Array =>
  join(
    ...parts.flatMap(({ name, filename, content }) => [
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
      filename === undefined ? "" : `; filename="${filename}"`,
      "\r\n\r\n",
      content,
      "\r\n",
    ]),
    `--${BOUNDARY}--\r\n`,
  );

/** The bytes as a body that arrives in chunks of one size, each made when it is asked for. */
export const streamOf = (body: Uint8Array, chunkBytes = 64 * 1024): ReadableStream<Uint8Array> => {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (at >= body.length) return controller.close();
        controller.enqueue(body.slice(at, at + chunkBytes));
        at += chunkBytes;
      },
    },
    { highWaterMark: 0 },
  );
};

/** Chunks of different sizes as a body, each made when it is asked for. */
export const streamFrom = (
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): ReadableStream<Uint8Array> => {
  const source = (async function* () {
    yield* chunks;
  })();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value, done } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
};

export const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** A tar from its parts, whatever their order. */
export const assemble = (parts: readonly TarPart[]): Uint8Array =>
  join(...parts.toSorted((one, other) => one.number - other.number).map((part) => part.bytes));

/** A receiver that keeps copies of the parts, whose own bytes are filled again. */
export const keepIn =
  (parts: TarPart[]) =>
  (part: TarPart): void => {
    parts.push({ ...part, bytes: part.bytes.slice() });
  };

export type Read = { outcome: UploadOutcome; parts: TarPart[]; tar: Uint8Array };

export const read = async (
  body: Uint8Array,
  options: { chunkBytes?: number; limits?: Partial<UploadLimits>; contentType?: string } = {},
): Promise<Read> => {
  const parts: TarPart[] = [];
  const stream = streamOf(body, options.chunkBytes);
  const emit = keepIn(parts);
  const outcome = await readUpload(stream, options.contentType ?? CONTENT_TYPE, emit, options.limits);
  return { outcome, parts, tar: assemble(parts) };
};

export const accepted = ({ outcome }: Read): UploadAccepted => {
  if (outcome.kind !== "ok") throw new Error(`refused: ${outcome.code} ${outcome.message}`);
  return outcome;
};

export const refused = ({ outcome }: Read): UploadRefusal => {
  if (outcome.kind !== "refused") throw new Error("accepted");
  return outcome;
};

export type Member = {
  name: string;
  type: string;
  mode: number;
  mtimeMs: number;
  text: string;
  linkName?: string;
};

/** Members of a tar as another library reads them. */
export const membersOf = async (tar: Uint8Array): Promise<Member[]> => {
  const members: Member[] = [];
  const reader = extract();
  reader.end(tar);
  for await (const entry of reader) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const { name, type, mode, mtime, linkname } = entry.header;
    const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(join(...chunks));
    const linked = linkname ? { linkName: linkname } : {};
    members.push({
      name,
      type: type ?? "",
      mode: mode ?? 0,
      mtimeMs: mtime?.getTime() ?? -1,
      text,
      ...linked,
    });
  }
  return members;
};

/** Paths and texts of the files that an upload of these parts unpacks to. */
export const filesIn = async (parts: readonly Part[]): Promise<Record<string, string>> => {
  const result = await read(multipart(parts));
  accepted(result);
  const members = await membersOf(result.tar);
  return Object.fromEntries(
    members.filter(({ type }) => type === "file").map(({ name, text }) => [name, text]),
  );
};
