import { chmodSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Given, Spawner } from "./spawner.ts";

/** What the sandbox writes, and what it reads. */
export type FromSandbox = "stdout" | "stderr" | "archive" | "records";
export type IntoSandbox = "orders" | "go";

/** One pipe: the end that the sandbox is given, which is held open here until it has been given, and ours. */
export interface SandboxPipe {
  readonly theirs: number;
  readonly ours: Socket;
  /** How the sandbox opens its end. */
  readonly given: Omit<Given, "number">;
}

export interface SandboxPipes {
  from(slot: number, name: FromSandbox): SandboxPipe;
  into(slot: number, name: IntoSandbox): SandboxPipe;
}

/** A job of another uid may open its own output, and a live input, again through /proc/self/fd; nobody opens the others. */
const modes: Readonly<Record<FromSandbox | IntoSandbox, number>> = {
  stdout: 0o666,
  stderr: 0o666,
  archive: 0o600,
  records: 0o600,
  orders: 0o600,
  go: 0o644,
};
const names = Object.keys(modes);
/** How many pipes a slot has. */
export const pipesPerSlot = names.length;

/**
 * Real one-way pipes. Node's own are socket pairs: a socket cannot be opened through /dev/stdout, which shell
 * scripts do all the time, and it carries descriptors, whose closing can hold up whoever receives them. They have
 * no names in a folder, which a program would read from its descriptors.
 */
export const createSandboxPipes = ({ pipes, givenPipes }: Spawner): SandboxPipes => {
  const indexOf = (slot: number, name: FromSandbox | IntoSandbox): number =>
    slot * pipesPerSlot + names.indexOf(name);
  /** A job of the executor's own user may have changed the mode of its output, which the slot's next one uses. */
  const pathOf = (slot: number, name: FromSandbox | IntoSandbox): string => {
    const path = pipes[indexOf(slot, name)] ?? "";
    chmodSync(path, modes[name]);
    return path;
  };
  const given = (slot: number, name: FromSandbox | IntoSandbox, flags: number) => ({
    flags,
    path: givenPipes[indexOf(slot, name)] ?? "",
  });
  return {
    from: (slot, name) => {
      const path = pathOf(slot, name);
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return {
        theirs: openSync(path, constants.O_WRONLY),
        ours: new Socket({ fd: readEnd, readable: true, writable: false }),
        given: given(slot, name, constants.O_WRONLY),
      };
    },
    into: (slot, name) => {
      const path = pathOf(slot, name);
      const theirs = openSync(path, constants.O_RDONLY);
      const writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      return {
        theirs,
        ours: new Socket({ fd: writeEnd, readable: false, writable: true }),
        given: given(slot, name, constants.O_RDONLY),
      };
    },
  };
};
