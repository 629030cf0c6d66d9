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
 * Index of `needle` in `haystack` at or after `from`, or -1. Linear even for hostile bytes as long as the needle's first byte
 * does not occur in it again.
 */
export const indexOfBytes = (haystack: Uint8Array, needle: Uint8Array, from = 0): number => {
  const first = needle[0] ?? 0;
  const last = haystack.length - needle.length;
  let at = nextByte(haystack, first, from);
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

/** What ends a content: a needle (its first byte only once in it) that `isReal` confirms. */
export type Delimiter = {
  needle: Uint8Array;
  /** Bytes after the needle that `isReal` wants to see; fewer only at the end of the stream. */
  lookahead: number;
  /** Whether the needle at this index is a delimiter; `held` starts at the next unread byte. */
  isReal: (held: Uint8Array, at: number) => boolean;
};

/** How many bytes surely stand before the next delimiter, and whether that delimiter is seen after them. */
const scan = (
  held: Uint8Array,
  delimiter: Delimiter,
  isWhole: boolean,
): { before: number; found: boolean } => {
  const { needle, lookahead, isReal } = delimiter;
  let at = indexOfBytes(held, needle);
  while (at >= 0) {
    if (!isWhole && held.length < at + needle.length + lookahead) return { before: at, found: false };
    if (isReal(held, at)) return { before: at, found: true };
    at = indexOfBytes(held, needle, at + 1);
  }
  return { before: isWhole ? held.length : held.length - openTail(held, needle), found: false };
};

/** The bytes before the next delimiter, which it leaves unread; without one it gives everything. */
export const pullUntil =
  (reader: ByteReader, delimiter: Delimiter): Pull =>
  async () => {
    let wanted = 1;
    for (;;) {
      const held = await reader.fill(wanted);
      const isWhole = held.length < wanted;
      const { before, found } = scan(held, delimiter, isWhole);
      if (before > 0) return reader.take(before);
      if (found || isWhole) return null;
      wanted = Math.max(held.length + 1, delimiter.needle.length + delimiter.lookahead);
    }
  };
