import { concatBytes, type Pull } from "./byte-reader.ts";

const CR = 0x0d;
const LF = 0x0a;
const BOM = [0xef, 0xbb, 0xbf];

const withoutBom = (bytes: Uint8Array): Uint8Array =>
  BOM.every((byte, at) => bytes[at] === byte) ? bytes.subarray(BOM.length) : bytes;

/** The bytes with LF for each CR LF; a CR at the end waits for the next bytes. */
const withLineFeeds = (bytes: Uint8Array, isLast: boolean): { text: Uint8Array; waits: boolean } => {
  const text = new Uint8Array(bytes.length);
  let length = 0;
  let waits = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === CR && at + 1 === bytes.length && !isLast) waits = true;
    else if (byte !== CR || bytes[at + 1] !== LF) {
      text[length] = byte;
      length += 1;
    }
  }
  return { text: text.subarray(0, length), waits };
};

/** A shell script as a shell understands it: without a byte order mark, and with LF at the ends of its lines. */
export const cleanScript = (bytes: Uint8Array): Uint8Array => withLineFeeds(withoutBom(bytes), true).text;

/** The same, piece by piece. */
export const pullClean = (content: Pull): Pull => {
  let held: number[] = [];
  let isStart = true;
  let isOver = false;
  const next = async (): Promise<Uint8Array> => {
    const chunk = await content();
    isOver = chunk === null;
    return concatBytes([Uint8Array.from(held), chunk ?? new Uint8Array(0)]);
  };
  return async () => {
    while (!isOver) {
      let bytes = await next();
      held = [];
      if (isStart && bytes.length < BOM.length && !isOver) {
        held = [...bytes];
        continue;
      }
      if (isStart) bytes = withoutBom(bytes);
      isStart = false;
      const { text, waits } = withLineFeeds(bytes, isOver);
      if (waits) held = [CR];
      if (text.length > 0) return text;
    }
    return null;
  };
};
