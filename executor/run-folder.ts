import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processStartTicks } from "./sandbox/processes.ts";

const NAME = /^sandpiper-(\d+)-(\d+)$/;

const isOwn = (path: string): boolean => lstatSync(path).uid === process.getuid?.();

/** Removes what executors of the same user left behind that are dead; a folder's name says whose it is. */
const sweep = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const [, pid, startTicks] = NAME.exec(name) ?? [];
    if (pid === undefined || processStartTicks(Number(pid)) === Number(startTicks)) continue;
    const path = join(parent, name);
    if (isOwn(path)) rmSync(path, { recursive: true, force: true });
  }
};

/**
 * Makes a folder that goes with this process and lets all its temporary files be made there. Others may pass
 * through it, because at level 0 jobs have folders in it; every other folder in it is private.
 */
export const enterRunFolder = (): string => {
  const parent = tmpdir();
  sweep(parent);
  const folder = join(parent, `sandpiper-${process.pid}-${processStartTicks(process.pid) ?? 0}`);
  mkdirSync(folder, { mode: 0o711 });
  process.env.TMPDIR = folder;
  return folder;
};

export const removeRunFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
