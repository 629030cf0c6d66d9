import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One direction of output: the end that the sandbox writes, to be closed after the spawn, and ours. */
export interface OutputPipe {
  readonly writeDescriptor: number;
  readonly reader: Socket;
}

export interface OutputPipes {
  open(slot: number, stream: "stdout" | "stderr"): OutputPipe;
  close(): void;
}

/**
 * Real pipes for stdout and stderr. Node's own are socket pairs, and a socket cannot be opened through
 * /dev/stdout or /dev/stderr, which shell scripts do all the time. The names exist for the executor only:
 * the folder is private, and a job gets the descriptor. The mode lets a job of another uid open its own
 * stream again through /proc/self/fd.
 */
export const createOutputPipes = (slots: number): OutputPipes => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-pipes-"));
  const path = (slot: number, stream: string): string => join(folder, `${slot}.${stream}`);
  const names = Array.from({ length: slots }, (_, slot) => [path(slot, "stdout"), path(slot, "stderr")]);
  execFileSync("mkfifo", ["-m", "666", ...names.flat()]);
  return {
    open: (slot, stream) => {
      const readDescriptor = openSync(path(slot, stream), constants.O_RDONLY | constants.O_NONBLOCK);
      const writeDescriptor = openSync(path(slot, stream), constants.O_WRONLY);
      return { writeDescriptor, reader: new Socket({ fd: readDescriptor, readable: true, writable: false }) };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};

export const closeWriteEnds = (...pipes: readonly OutputPipe[]): void => {
  for (const { writeDescriptor } of pipes) closeSync(writeDescriptor);
};
