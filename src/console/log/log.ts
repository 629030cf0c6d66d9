import { signal } from "@preact/signals";
import type { LogStream } from "../../wire/vocabulary.ts";
import { type Line, Screen } from "./screen.ts";

/** Lines that are drawn together. `version` grows with each change to one of them. */
export type Block = { readonly number: number; readonly lines: Line[]; version: number };

const BLOCK_LINES = 100;
/** What a page shows at most; the whole log is one link away. */
const BLOCKS = 200;

/** The log of a run, as lines that stand in the order of their first character. */
export class Log {
  /** Grows when there is something to draw, at most once for each frame. */
  readonly drawn = signal(0);
  blocks: Block[] = [];
  droppedLines = 0;
  isEmpty = true;
  readonly #screens: Record<LogStream, Screen>;
  readonly #schedule: (draw: () => void) => void;
  #made = 0;
  #isScheduled = false;

  /** `schedule` calls back before the next frame. */
  constructor(schedule: (draw: () => void) => void) {
    this.#schedule = schedule;
    const screen = (stream: LogStream): Screen => new Screen(() => this.#addLine(stream));
    this.#screens = { stdout: screen("stdout"), stderr: screen("stderr") };
  }

  write(stream: LogStream, data: string): void {
    this.isEmpty = false;
    this.#screens[stream].write(data);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.drawn.value += 1;
    });
  }

  #addLine(stream: LogStream): Line {
    const block = this.#openBlock();
    const changed = (): void => {
      block.version += 1;
    };
    const line: Line = { stream, spans: [], changed };
    block.lines.push(line);
    changed();
    return line;
  }

  #openBlock(): Block {
    const last = this.blocks.at(-1);
    if (last !== undefined && last.lines.length < BLOCK_LINES) return last;
    const block: Block = { number: this.#made, lines: [], version: 0 };
    this.#made += 1;
    this.blocks = [...this.blocks, block];
    if (this.blocks.length > BLOCKS) {
      this.droppedLines += this.blocks[0]?.lines.length ?? 0;
      this.blocks = this.blocks.slice(1);
    }
    return block;
  }
}
