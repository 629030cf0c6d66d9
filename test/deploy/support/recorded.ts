import type { Recorded } from "../api/server.ts";

const LONGEST_BLOCK = 3;

/** A block that comes again at once follows the number of queues or migrations, which is not what is compared. */
const endsWithRepeat = (lines: readonly string[], length: number): boolean => {
  const block = lines.slice(-length);
  const before = lines.slice(-2 * length, -length);
  return before.length === length && block.every((line, index) => line === before[index]);
};

/** Requests as a list for people, each block of them once however often it comes again. */
export const listOf = (requests: readonly Recorded[]): string => {
  const lines: string[] = [];
  for (const { call, status } of requests) {
    lines.push(`${call} ${status}`);
    for (let length = 1; length <= LONGEST_BLOCK; length += 1) {
      if (endsWithRepeat(lines, length)) lines.splice(-length);
    }
  }
  return `${lines.join("\n")}\n`;
};
