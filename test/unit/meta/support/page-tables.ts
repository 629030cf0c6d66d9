import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../../../scripts/lib/local.ts";

export type Row = readonly string[];

const cellsOf = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of a page's table whose heading begins with these cells. @throws Error when there is none */
export const tableRows = (page: string, ...heading: readonly string[]): readonly Row[] => {
  const lines = readFileSync(path.join(root, page), "utf8").split("\n");
  const at = lines.findIndex((line) => heading.every((cell, index) => cellsOf(line)[index] === cell));
  if (at < 0) throw new Error(`${page} has no table with ${heading.join(", ")}`);
  const end = lines.findIndex((line, index) => index > at && !line.startsWith("|"));
  return lines.slice(at + 2, end < 0 ? lines.length : end).map(cellsOf);
};

/** The first table below a heading of the page. @throws Error when there is no such heading */
export const tableBelow = (page: string, section: string): readonly Row[] => {
  const lines = readFileSync(path.join(root, page), "utf8").split("\n");
  const at = lines.indexOf(`## ${section}`);
  if (at < 0) throw new Error(`${page} has no heading ${section}`);
  const from = lines.findIndex((line, index) => index > at && line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > from && !line.startsWith("|"));
  return lines.slice(from + 2, end < 0 ? lines.length : end).map(cellsOf);
};

/** What is marked as code in a cell, or the cell itself where nothing is. */
export const codeIn = (cell: string | undefined = ""): string => /^`([^`]+)`/.exec(cell)?.[1] ?? cell;

/** The names in the first column, sorted. */
export const namesIn = (rows: readonly Row[]): string[] => rows.map(([name]) => codeIn(name)).sort();
