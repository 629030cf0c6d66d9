import type { ByteReader, Pull } from "./byte-reader.ts";

/** A native search costs more than this many steps by hand, so near misses are walked over. */
const WALK = 32;

const matchesAt = (haystack: Uint8Array, needle: Uint8Array, at: number): boolean => {
  for (let i = 1; i < needle.length; i++) if (haystack[at + i] !== needle[i]) return false;
  return true;
};

const nextByte = (haystack: Uint8Array, byte: number, from: number): number => {
  const walked = Math.min(from + WALK, haystack.length);
  for (let at = from; at < walked; at++) if (haystack[at] === byte) return at;
  return haystack.indexOf(byte, walked);
};

/**
 * Index of `needle` in `haystack`, or -1. Linear even for hostile bytes as long as the needle's first byte
 * does not occur in it again.
 */
export const indexOfBytes = (haystack: Uint8Array, needle: Uint8Array): number => {
  const first = needle[0] ?? 0;
  const last = haystack.length - needle.length;
  let at = haystack.indexOf(first);
  while (at >= 0 && at <= last) {
    if (matchesAt(haystack, needle, at)) return at;
    at = nextByte(haystack, first, at + 1);
  }
  return -1;
};

/** How many bytes at the end of `haystack` may be the start of a `needle` that is not complete yet. */
const openTail = (haystack: Uint8Array, needle: Uint8Array): number => {
  const at = haystack.lastIndexOf(needle[0] ?? 0);
  const length = haystack.length - at;
  if (at < 0 || length >= needle.length) return 0;
  return matchesAt(haystack, needle.subarray(0, length), at) ? length : 0;
};

/**
 * The bytes before the next `needle` that `isDelimiter` confirms (it may look ahead in the reader, where the
 * needle stands first). Leaves that needle unread; without one it gives everything.
 */
export const pullUntil =
  (reader: ByteReader, needle: Uint8Array, isDelimiter: () => Promise<boolean>): Pull =>
  async () => {
    let wanted = 1;
    for (;;) {
      const held = await reader.fill(wanted);
      if (held.length < wanted) return reader.take(held.length);
      const found = indexOfBytes(held, needle);
      if (found === 0) return (await isDelimiter()) ? null : reader.take(needle.length);
      const certain = found > 0 ? found : held.length - openTail(held, needle);
      if (certain > 0) return reader.take(certain);
      wanted = held.length + 1;
    }
  };
