import type { LogStream } from "../../wire/vocabulary.ts";
import { styleOf, type TextStyle } from "./style.ts";

export type Span = { readonly text: string; readonly style: TextStyle };
/** One line of the log, which changes while it is among the last ones of its stream. */
export type Line = { readonly stream: LogStream; spans: readonly Span[]; changed: () => void };

/** Lines that cursor movements reach; what is further up stays as it is. */
const REACH = 50;
/** A longer line goes on in the next. */
const COLUMNS = 10_000;
/** Sequences that are remembered between two resets; a program that never resets sets them all again. */
const SEQUENCES = 16;
/** A control sequence that is longer than this is none. */
const SEQUENCE_CHARS = 256;

type Row = { readonly line: Line; readonly chars: string[]; readonly styles: TextStyle[] };

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal's text is made of
const CONTROL = /[\x00-\x1f\x7f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const SEQUENCE = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/y;

const spansOf = ({ chars, styles }: Row): Span[] => {
  const spans: { text: string; style: TextStyle }[] = [];
  chars.forEach((char, at) => {
    const style = styles[at] ?? styleOf("");
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) last.text += char;
    else spans.push({ text: char, style });
  });
  return spans;
};

/**
 * What one stream of a program draws, as on a terminal: colours, carriage returns, and cursor movements
 * within its last lines. `addLine` makes a line at the end of the log.
 */
export class Screen {
  readonly #addLine: () => Line;
  readonly #rows: Row[] = [];
  readonly #dirty = new Set<Row>();
  #row = 0;
  #column = 0;
  #sequences: string[] = [];
  #rest = "";

  constructor(addLine: () => Line) {
    this.#addLine = addLine;
  }

  write(data: string): void {
    const text = this.#rest + data;
    this.#rest = "";
    for (let at = 0; at < text.length; ) at = this.#next(text, at);
    for (const row of this.#dirty) {
      row.line.spans = spansOf(row);
      row.line.changed();
    }
    this.#dirty.clear();
  }

  #next(text: string, at: number): number {
    CONTROL.lastIndex = at;
    const found = CONTROL.exec(text);
    const end = found?.index ?? text.length;
    if (end > at) this.#put(text.slice(at, end));
    if (found === null) return end;
    if (found[0] !== "\x1b") {
      this.#control(found[0]);
      return end + 1;
    }
    SEQUENCE.lastIndex = end;
    const sequence = SEQUENCE.exec(text);
    if (sequence !== null) {
      if (sequence[2] !== undefined) this.#command(sequence[2], sequence[1] ?? "", sequence[0]);
      return end + sequence[0].length;
    }
    if (text.length - end > SEQUENCE_CHARS) return end + 1;
    this.#rest = text.slice(end);
    return text.length;
  }

  #current(): Row {
    const there = this.#rows[this.#row];
    if (there !== undefined) return there;
    const row: Row = { line: this.#addLine(), chars: [], styles: [] };
    this.#rows.push(row);
    if (this.#rows.length > REACH) this.#rows.shift();
    this.#row = this.#rows.length - 1;
    return row;
  }

  #put(text: string): void {
    const style = styleOf(this.#sequences.join(""));
    for (const char of text) {
      if (this.#column >= COLUMNS) this.#lineFeed();
      const row = this.#current();
      while (row.chars.length < this.#column) {
        row.chars.push(" ");
        row.styles.push(styleOf(""));
      }
      row.chars[this.#column] = char;
      row.styles[this.#column] = style;
      this.#column += 1;
      this.#dirty.add(row);
    }
  }

  /** A line is made when something is written to it: until then the other stream's lines may come before. */
  #lineFeed(): void {
    this.#current();
    this.#row += 1;
    this.#column = 0;
  }

  #control(char: string): void {
    if (char === "\n") this.#lineFeed();
    else if (char === "\r") this.#column = 0;
    else if (char === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (char === "\t") this.#put(" ".repeat(8 - (this.#column % 8)));
  }

  #command(name: string, parameters: string, sequence: string): void {
    if (name === "m") this.#color(parameters, sequence);
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    if (name === "K") this.#erase(parameters);
    else if (name === "G") this.#column = Math.min(count - 1, COLUMNS);
    else if (name === "C") this.#column = Math.min(this.#column + count, COLUMNS);
    else if (name === "D") this.#column = Math.max(0, this.#column - count);
    else if (name === "A" || name === "F") this.#row = Math.max(0, this.#row - count);
    else if (name === "B" || name === "E") this.#row = Math.min(this.#rows.length, this.#row + count);
    if (name === "E" || name === "F") this.#column = 0;
  }

  #color(parameters: string, sequence: string): void {
    if (/^0*(;|$)/.test(parameters)) this.#sequences = [];
    if (/[1-9]/.test(parameters)) this.#sequences = [...this.#sequences, sequence].slice(-SEQUENCES);
  }

  #erase(parameters: string): void {
    const row = this.#rows[this.#row];
    if (row === undefined) return;
    if (parameters === "1") {
      row.chars.fill(" ", 0, this.#column + 1);
      row.styles.fill(styleOf(""), 0, this.#column + 1);
    } else {
      row.chars.length = parameters === "2" ? 0 : Math.min(row.chars.length, this.#column);
      row.styles.length = row.chars.length;
    }
    this.#dirty.add(row);
  }
}
