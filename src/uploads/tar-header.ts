import { UploadRefused } from "./refusal.ts";

export const BLOCK = 512;

/** What a header block says, before the extensions that may stand in front of it. */
export type RawTarHeader = {
  name: Uint8Array;
  /** The part of a ustar name that goes before `name` and a slash. */
  prefix: Uint8Array;
  /** What a link points to. */
  linkName: Uint8Array;
  sizeBytes: number;
  executable: boolean;
  /** The type flag's character; "0" for the old NUL. */
  type: string;
};

const damaged = (what: string): UploadRefused =>
  new UploadRefused("bad_archive", `${what} is not a readable tar: a header is damaged; pack it again`);

export const untilNul = (field: Uint8Array): Uint8Array => {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
};

/** An octal field, or GNU's base 256 for large values; null when it is neither. */
const parseNumber = (field: Uint8Array): number | null => {
  const [first = 0] = field;
  if (first === 0x80) return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
  const digits = String.fromCharCode(...untilNul(field)).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : null;
};

const CHECKSUM_AT = 148;
const CHECKSUM_END = 156;

/** Whether a block is a header, which no other content looks like by chance. */
export const hasChecksum = (block: Uint8Array): boolean => {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1)
    sum += at >= CHECKSUM_AT && at < CHECKSUM_END ? 0x20 : (block[at] ?? 0);
  return parseNumber(block.subarray(CHECKSUM_AT, CHECKSUM_END)) === sum;
};

/** Null for a zero block, which ends an archive; a bad checksum, size or mode is refused. */
export const parseTarHeader = (block: Uint8Array, what: string): RawTarHeader | null => {
  if (block.every((byte) => byte === 0)) return null;
  const sizeBytes = parseNumber(block.subarray(124, 136));
  const mode = parseNumber(block.subarray(100, 108));
  if (!hasChecksum(block) || sizeBytes === null || mode === null || !Number.isSafeInteger(sizeBytes))
    throw damaged(what);
  // GNU's own format has "ustar " there and other things where POSIX has the prefix.
  const isPosix = String.fromCharCode(...block.subarray(257, 263)) === "ustar\0";
  const type = String.fromCharCode(block[156] || 0x30);
  return {
    name: untilNul(block.subarray(0, 100)).slice(),
    prefix: isPosix ? untilNul(block.subarray(345, 500)).slice() : new Uint8Array(0),
    linkName: untilNul(block.subarray(157, 257)).slice(),
    sizeBytes,
    executable: (mode & 0o111) !== 0,
    type,
  };
};

const KEY = new TextDecoder("latin1");

/** Records of a pax header as bytes by key, the last one winning; null when they are malformed. */
export const parsePax = (data: Uint8Array): Map<string, Uint8Array> | null => {
  const records = new Map<string, Uint8Array>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const digits = space < 0 ? "" : KEY.decode(data.subarray(at, Math.min(space, at + 10)));
    const end = at + Number(digits);
    const equals = data.indexOf(0x3d, space);
    const isRecord = /^[1-9]\d*$/.test(digits) && end <= data.length && data[end - 1] === 0x0a;
    if (!isRecord || equals < 0 || equals >= end) return null;
    records.set(KEY.decode(data.subarray(space + 1, equals)), data.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
};
