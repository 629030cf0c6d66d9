import type { OutputFile } from "./report.ts";

const SIGNIFICANT_DIGITS = 6;
const MIB = 1024 * 1024;

const trimZeros = (digits: string): string =>
  digits.includes(".") ? digits.replace(/0+$/, "").replace(/\.$/, "") : digits;

/**
 * A number as C++ writes a float by default: six significant digits, no trailing zeros, and an exponent of at
 * least two digits below 1e-4 and from 1e6 on (0.017976, 2, 1.2e-05).
 */
export const defaultFloatText = (value: number): string => {
  if (value === 0) return "0";
  const [mantissa = "", exponentText = "0"] = value.toExponential(SIGNIFICANT_DIGITS - 1).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < SIGNIFICANT_DIGITS) {
    return trimZeros(value.toFixed(SIGNIFICANT_DIGITS - 1 - exponent));
  }
  const sign = exponent < 0 ? "-" : "+";
  return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
};

/** The order of code points is the order of UTF-8 bytes; that of UTF-16 units is another. */
const byBytes = (left: OutputFile, right: OutputFile): number => {
  const [one, other] = [[...left.path], [...right.path]];
  for (const [index, char] of one.entries()) {
    const difference = (char.codePointAt(0) ?? 0) - (other[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
};

/**
 * The text that is signed: job hash, exit code, CPU seconds, whole MiB of memory,
 * then `path:sha256` of each selected output in byte-wise path order, each followed by `|`. A program without
 * an exit code is signed as -1.
 */
export const signedPayload = (result: {
  readonly jobHash: string;
  readonly exitCode: number | null;
  readonly cpuSeconds: number;
  readonly memoryPeakBytes: number;
  readonly selected: readonly OutputFile[];
}): string => {
  const figures = [
    result.jobHash,
    String(result.exitCode ?? -1),
    defaultFloatText(result.cpuSeconds),
    String(Math.floor(result.memoryPeakBytes / MIB)),
  ];
  const files = result.selected.toSorted(byBytes).map(({ path, sha256 }) => `${path}:${sha256}`);
  return [...figures, ...files].map((part) => `${part}|`).join("");
};
