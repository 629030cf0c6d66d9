import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
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
const modes: Readonly<Record<FromSandbox | IntoSandbox, string>> = {
  stdout: "666",
  stderr: "666",
  archive: "600",
  records: "600",
  orders: "600",
  go: "600",
};

/**
 * Real one-way pipes. Node's own are socket pairs: a socket cannot be opened through /dev/stdout, which shell
 * scripts do all the time, and it carries descriptors, whose closing can hold up whoever receives them. The
 * names exist for the executor only: the folder is private, and a sandbox gets descriptors.
 */
export const createSandboxPipes = (slots: number): SandboxPipes => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-pipes-"));
  const path = (slot: number, name: string): string => join(folder, `${slot}.${name}`);
  for (const [name, mode] of Object.entries(modes)) {
    const names = Array.from({ length: slots }, (_, slot) => path(slot, name));
    execFileSync("mkfifo", ["-m", mode, ...names]);
  }
  return {
    from: (slot, name) => {
      const readEnd = openSync(path(slot, name), constants.O_RDONLY | constants.O_NONBLOCK);
      const theirs = openSync(path(slot, name), constants.O_WRONLY);
      return { theirs, ours: new Socket({ fd: readEnd, readable: true, writable: false }) };
    },
    into: (slot, name) => {
      // Held open both ways, so that neither end has to wait for the other.
      const both = openSync(path(slot, name), constants.O_RDWR | constants.O_NONBLOCK);
      const theirs = openSync(path(slot, name), constants.O_RDONLY);
      const writeEnd = openSync(path(slot, name), constants.O_WRONLY | constants.O_NONBLOCK);
      closeSync(both);
      return { theirs, ours: new Socket({ fd: writeEnd, readable: false, writable: true }) };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
