import type { Command } from "commander";

/** The flag, and what the help says of it. */
export const JSON_OPTION = ["--json", "print JSON, for scripts"] as const;

export type Cell = string | number | boolean | null | undefined;
export type Column<Row> = { readonly title: string; readonly of: (row: Row) => Cell };

// Text of a service may hold what a terminal takes for a command.
const CONTROL = /\p{Cc}/gu;
const shown = (cell: Cell): string =>
  (cell === null || cell === undefined ? "-" : String(cell)).replace(CONTROL, "?");

/** Rows under titles, each column as wide as its widest cell; one line says so where there are none. */
export const tableOf = <Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string => {
  if (rows.length === 0) return "None.";
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ of }) => shown(of(row)))),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...lines.map((line) => (line[index] ?? "").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const wantsJson = (command: Command): boolean => command.optsWithGlobals<{ json?: boolean }>().json === true;

/** Prints an answer as it came with `--json`, else as text for people. */
export const printAnswer = (command: Command, answer: unknown, text: () => string): void =>
  print(wantsJson(command) ? JSON.stringify(answer, null, 2) : text());

/** Prints an answer as it came with `--json`, else its rows as a table. */
export const printRows = <Row>(
  command: Command,
  answer: unknown,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): void => printAnswer(command, answer, () => tableOf(rows, columns));
