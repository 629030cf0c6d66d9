import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { processStartTicks } from "./sandbox/processes.ts";

/** Names a folder of this process for those that sweep; nothing inside a sandbox shows this name. */
const CLAIM = /^sandpiper-(\d+)-(\d+)$/;
const FOLDER = /^[0-9a-f]{16}$/;
const PASS_THROUGH = 0o711;

const isOwn = (path: string): boolean => lstatSync(path).uid === process.getuid?.();

const remove = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Removes what executors of the same user left behind that are dead; a claim's name says whose it is. */
const sweep = (parent: string): void => {
  for (const name of readdirSync(parent)) {
    const [, pid, startTicks] = CLAIM.exec(name) ?? [];
    if (pid === undefined || processStartTicks(Number(pid)) === Number(startTicks)) continue;
    const claim = join(parent, name);
    if (!isOwn(claim) || !lstatSync(claim).isSymbolicLink()) continue;
    const folder = readlinkSync(claim);
    if (FOLDER.test(folder)) remove(join(parent, folder));
    remove(claim);
  }
};

const claimOf = (parent: string): string =>
  join(parent, `sandpiper-${process.pid}-${processStartTicks(process.pid) ?? 0}`);

/**
 * Makes a folder that goes with this process. Jobs see where files come from that they are given: so its name
 * tells nothing, and a link beside it tells whose it is. Others may pass through it.
 */
export const claimFolder = (parent: string): string => {
  sweep(parent);
  const name = randomBytes(8).toString("hex");
  const folder = join(parent, name);
  symlinkSync(name, claimOf(parent));
  mkdirSync(folder);
  chmodSync(folder, PASS_THROUGH);
  return folder;
};

/**
 * Claims a folder and lets all temporary files of this process be made there. At level 0 jobs have folders in it;
 * every other folder in it is private.
 */
export const enterRunFolder = (): string => {
  const folder = claimFolder(tmpdir());
  process.env.TMPDIR = folder;
  return folder;
};

export const removeRunFolder = (folder: string): void => {
  remove(folder);
  if (FOLDER.test(basename(folder))) remove(claimOf(dirname(folder)));
};
