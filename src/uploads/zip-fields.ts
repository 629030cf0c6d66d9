import { UploadRefused } from "./refusal.ts";

export const LOCAL_HEADER = 0x04034b50;
export const CENTRAL_HEADER = 0x02014b50;
export const DATA_DESCRIPTOR = 0x08074b50;
export const ZIP64_END = 0x06064b50;
export const ZIP64_LOCATOR = 0x07064b50;
export const END = 0x06054b50;

export const STORED = 0;
export const DEFLATED = 8;

/** General purpose bits: encrypted, sizes after the data, strong encryption, masked headers. */
export const FLAG_ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
export const FLAG_DESCRIPTOR = 0x0008;
/** The name is UTF-8; without it, code page 437. */
export const FLAG_UTF8 = 0x0800;

const ZIP64_EXTRA = 0x0001;
const UNICODE_PATH_EXTRA = 0x7075;
const UNKNOWN_32 = 0xffffffff;

/** Little-endian fields; they must be there. */
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
export const u32 = (bytes: Uint8Array, at: number): number =>
  (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;

/** A 64-bit field; one that no safe integer holds becomes infinite, which equals nothing that was counted. */
export const u64 = (bytes: Uint8Array, at: number): number => {
  const value = u32(bytes, at) + u32(bytes, at + 4) * 2 ** 32;
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
};

export const damagedZip = (what: string, detail: string): UploadRefused =>
  new UploadRefused("bad_archive", `${what} is not a readable zip: ${detail}; pack it again`);

/** Extra fields by id, the first one winning; null when they run over their end. */
const parseExtra = (extra: Uint8Array): Map<number, Uint8Array> | null => {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  while (at + 4 <= extra.length) {
    const end = at + 4 + u16(extra, at + 2);
    if (end > extra.length) return null;
    const id = u16(extra, at);
    if (!fields.has(id)) fields.set(id, extra.subarray(at + 4, end));
    at = end;
  }
  return fields;
};

/**
 * Resolves the 32-bit fields that say "see the zip64 extra field", in the order that field has; null when
 * it is missing or too short. `isZip64` tells that the extra field is there at all.
 */
export const resolveZip64 = (
  fields: readonly number[],
  extra: Uint8Array,
): { values: number[]; isZip64: boolean } | null => {
  const parsed = parseExtra(extra);
  if (parsed === null) return null;
  const large = parsed.get(ZIP64_EXTRA);
  let at = 0;
  const values: number[] = [];
  for (const field of fields) {
    if (field !== UNKNOWN_32) {
      values.push(field);
      continue;
    }
    if (large === undefined || at + 8 > large.length) return null;
    values.push(u64(large, at));
    at += 8;
  }
  return { values, isZip64: large !== undefined };
};

/** The UTF-8 name that Info-ZIP adds to a name in another encoding, and the CRC of that other name. */
export const unicodePath = (extra: Uint8Array): { nameCrc: number; name: Uint8Array } | null => {
  const field = parseExtra(extra)?.get(UNICODE_PATH_EXTRA);
  if (field === undefined || field.length < 5 || field[0] !== 1) return null;
  return { nameCrc: u32(field, 1), name: field.subarray(5) };
};
