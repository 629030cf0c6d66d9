import type { Comparison } from "../../src/wire/judging.ts";

const LF = 0x0a;
/** Space, TAB, CR, VT, FF and NUL: what is cut from the end of a line. */
const TRAILING = new Set([0x20, 0x09, 0x0d, 0x0b, 0x0c, 0x00]);
const isTrailing = (byte: number | undefined): boolean => byte !== undefined && TRAILING.has(byte);
/** ASCII white space, which parts words. */
const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);

/** Lines without the white space at their ends, and without the empty ones at the end. */
const trimmedLines = function* (bytes: Buffer): Generator<Buffer> {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LF || isTrailing(bytes[end - 1]))) end -= 1;
  for (let at = 0; at < end; ) {
    const found = bytes.indexOf(LF, at);
    const lineEnd = found < 0 || found > end ? end : found;
    let last = lineEnd;
    while (last > at && isTrailing(bytes[last - 1])) last -= 1;
    yield bytes.subarray(at, last);
    at = lineEnd + 1;
  }
};

const words = function* (bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    while (at < bytes.length && isBlank(bytes[at])) at += 1;
    const start = at;
    while (at < bytes.length && !isBlank(bytes[at])) at += 1;
    if (at > start) yield bytes.subarray(start, at);
  }
};

/** Whether two sequences have the same length and agree in every place. */
const agree = (
  actual: Generator<Buffer>,
  expected: Generator<Buffer>,
  isSame: (one: Buffer, other: Buffer) => boolean,
): boolean => {
  for (;;) {
    const [one, other] = [actual.next(), expected.next()];
    if (one.done || other.done) return one.done === other.done;
    if (!isSame(one.value, other.value)) return false;
  }
};

const equal = (one: Buffer, other: Buffer): boolean => one.equals(other);

/** A longer word is no number that anybody prints. */
const NUMBER_CHARS = 400;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const numberOf = (word: Buffer): number | null => {
  if (word.length > NUMBER_CHARS) return null;
  const text = word.toString("latin1");
  return DECIMAL.test(text) ? Number(text) : null;
};

const isNan = (word: Buffer): boolean => /^[+-]?nan$/i.test(word.toString("latin1", 0, 5));

const within =
  (absolute: number, relative: number) =>
  (one: Buffer, other: Buffer): boolean => {
    if (isNan(one) || isNan(other)) return false;
    if (one.equals(other)) return true;
    const [actual, expected] = [numberOf(one), numberOf(other)];
    if (actual === null || expected === null) return false;
    if (actual === expected) return true;
    return Math.abs(actual - expected) <= Math.max(absolute, relative * Math.abs(expected));
  };

/** Whether what a case printed is what was expected of it. */
export const isAsExpected = (actual: Buffer, expected: Buffer, compare: Comparison): boolean => {
  switch (compare) {
    case "exact":
      return actual.equals(expected);
    case "trimmed":
      return agree(trimmedLines(actual), trimmedLines(expected), equal);
    case "tokens":
      return agree(words(actual), words(expected), equal);
    default:
      return agree(words(actual), words(expected), within(compare.absolute, compare.relative));
  }
};
