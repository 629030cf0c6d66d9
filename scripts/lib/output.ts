import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { styleText } from "node:util";

export type Source = "worker" | "executor";

/** Writes text line by line, without its empty lines. */
export type Print = (text: string) => void;

const colours = { worker: "cyan", executor: "magenta" } as const;
const width = "executor".length;

/** Prints to standard output, behind the name of where the line comes from. */
export const printer = (source: Source): Print => {
  const prefix = styleText(colours[source], `${source.padEnd(width)} |`, { stream: process.stdout });
  return (text) => {
    for (const line of text.split("\n")) {
      if (line.trim() !== "") process.stdout.write(`${prefix} ${line}\n`);
    }
  };
};

/** Prints a stream line by line until it ends. */
export const printLines = (stream: Readable, print: Print): void => {
  createInterface({ input: stream, crlfDelay: Infinity }).on("line", print);
};
