import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the sandbox writes, and what it reads. */
export type FromSandbox = "stdout" | "stderr" | "archive" | "records";
export type IntoSandbox = "orders" | "go";

/** One pipe: the end that the sandbox is given, to be closed after the spawn, and ours. */
export interface SandboxPipe {
  readonly theirs: number;
  readonly ours: Socket;
}

export interface SandboxPipes {
  from(slot: number, name: FromSandbox): SandboxPipe;
  into(slot: number, name: IntoSandbox): SandboxPipe;
  close(): void;
}

/** A job of another uid may open its own output again through /proc/self/fd; nobody opens the others. */
const modes: Readonly<Record<FromSandbox | IntoSandbox, number>> = {
  stdout: 0o666,
  stderr: 0o666,
  archive: 0o600,
  records: 0o600,
  orders: 0o600,
  go: 0o600,
};

/**
 * Real one-way pipes. Node's own are socket pairs: a socket cannot be opened through /dev/stdout, which shell
 * scripts do all the time, and it carries descriptors, whose closing can hold up whoever receives them. The
 * names exist for the executor only: the folder is private, and a sandbox gets descriptors.
 */
export const createSandboxPipes = (slots: number): SandboxPipes => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-pipes-"));
  const pathOf = (slot: number, name: string): string => join(folder, `${slot}.${name}`);
  const names = Array.from({ length: slots }, (_, slot) =>
    Object.keys(modes).map((name) => pathOf(slot, name)),
  );
  execFileSync("mkfifo", ["-m", "600", ...names.flat()]);
  /** A job of the executor's own user may have changed the mode of its output, which the slot's next one uses. */
  const path = (slot: number, name: FromSandbox | IntoSandbox): string => {
    const found = pathOf(slot, name);
    chmodSync(found, modes[name]);
    return found;
  };
  return {
    from: (slot, name) => {
      const fifo = path(slot, name);
      const readEnd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const theirs = openSync(fifo, constants.O_WRONLY);
      return { theirs, ours: new Socket({ fd: readEnd, readable: true, writable: false }) };
    },
    into: (slot, name) => {
      // Held open both ways, so that neither end has to wait for the other.
      const fifo = path(slot, name);
      const both = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
      const theirs = openSync(fifo, constants.O_RDONLY);
      const writeEnd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
      closeSync(both);
      return { theirs, ours: new Socket({ fd: writeEnd, readable: false, writable: true }) };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
