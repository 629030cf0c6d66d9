import type { Recorded } from "../api/server.ts";

/** Requests as a list for people: repeats in a row are counted, since they follow the number of queues. */
export const listOf = (requests: readonly Recorded[]): string => {
  const lines: { text: string; times: number }[] = [];
  for (const { call, status } of requests) {
    const text = `${call} ${status}`;
    const last = lines.at(-1);
    if (last?.text === text) last.times += 1;
    else lines.push({ text, times: 1 });
  }
  return `${lines.map(({ text, times }) => (times === 1 ? text : `${text} (${times} times)`)).join("\n")}\n`;
};
