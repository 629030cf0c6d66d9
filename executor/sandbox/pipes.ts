import { spawn } from "node:child_process";
import { chmodSync, closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";

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

/** A job of another uid may open its own output, and a live input, again through /proc/self/fd; nobody opens the others. */
const modes: Readonly<Record<FromSandbox | IntoSandbox, number>> = {
  stdout: 0o666,
  stderr: 0o666,
  archive: 0o600,
  records: 0o600,
  orders: 0o600,
  go: 0o644,
};

/** A descriptor that names a file and neither reads nor writes it; Node has no word for it. */
const O_PATH = 0o10000000;
const HELPER_MS = 30_000;

/** Makes so many pipes, says their numbers, and holds them until its input ends. */
const helperScript = `
for (( i = 0; i < $1; i++ )); do exec {fd}< <(:); wait "$!"; echo "$fd"; done
echo held
read -r
`;

/**
 * Has a shell make pipes, because Node makes socket pairs only, and keeps a hold on each. With nothing but such a
 * hold a pipe is empty, and as new when it is opened again, as a FIFO is.
 */
const holdPipes = async (count: number): Promise<readonly number[]> => {
  // bash takes a socket as its input for a remote shell, and reads the user's own start files.
  const helper = spawn("bash", ["--norc", "-c", helperScript, "pipes", String(count)], {
    env: { PATH: process.env.PATH },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: HELPER_MS,
  });
  const exited = new Promise<void>((resolve, reject) => {
    helper.once("error", reject);
    helper.once("exit", () => resolve());
  });
  const told = (async () => {
    let text = "";
    for await (const chunk of helper.stdout) {
      text += String(chunk);
      if (text.endsWith("held\n")) return text.split("\n").slice(0, count);
    }
    throw new Error("the pipes of the sandboxes could not be made");
  })();
  const [names] = await Promise.all([told, Promise.race([told, exited])]);
  const held = names.map((name) => openSync(`/proc/${helper.pid}/fd/${name}`, O_PATH));
  helper.stdin.end();
  await exited;
  return held;
};

/**
 * Real one-way pipes. Node's own are socket pairs: a socket cannot be opened through /dev/stdout, which shell
 * scripts do all the time, and it carries descriptors, whose closing can hold up whoever receives them. They have
 * no names in a folder, which a program would read from its descriptors.
 */
export const createSandboxPipes = async (slots: number): Promise<SandboxPipes> => {
  const names = Object.keys(modes);
  const held = await holdPipes(slots * names.length);
  /** A job of the executor's own user may have changed the mode of its output, which the slot's next one uses. */
  const path = (slot: number, name: FromSandbox | IntoSandbox): string => {
    const found = `/proc/self/fd/${held[slot * names.length + names.indexOf(name)]}`;
    chmodSync(found, modes[name]);
    return found;
  };
  return {
    from: (slot, name) => {
      const pipe = path(slot, name);
      const readEnd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      const theirs = openSync(pipe, constants.O_WRONLY);
      return { theirs, ours: new Socket({ fd: readEnd, readable: true, writable: false }) };
    },
    into: (slot, name) => {
      const pipe = path(slot, name);
      const theirs = openSync(pipe, constants.O_RDONLY);
      const writeEnd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      return { theirs, ours: new Socket({ fd: writeEnd, readable: false, writable: true }) };
    },
    close: () => {
      for (const descriptor of held) closeSync(descriptor);
    },
  };
};
