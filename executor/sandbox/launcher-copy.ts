import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { processStartTicks } from "./processes.ts";

const SHELL = "/bin/bash";
const PASS_THROUGH = 0o711;
const OTHERS_PASS = 0o001;
/** Root's file is read by nobody else; an ordinary user's must be closed to the user as well. */
const modeFor = (isRoot: boolean): number => (isRoot ? 0o711 : 0o111);

export interface LauncherCopy {
  /** On the machine; in a sandbox it is bound elsewhere, read-only. */
  readonly path: string;
  remove(): void;
}

const isOpenToAll = (folder: string): boolean =>
  (statSync(folder).mode & OTHERS_PASS) !== 0 && (folder === "/" || isOpenToAll(dirname(folder)));

/** A sandbox of another id must get to the copy: root's own TMPDIR may be closed to it. */
const parentFolder = (isRoot: boolean): string => {
  if (!isRoot || isOpenToAll(tmpdir())) return tmpdir();
  // The next executor removes a folder of this name when its process is dead (see the run folder).
  const folder = join("/tmp", `sandpiper-${process.pid}-${processStartTicks(process.pid) ?? 0}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, PASS_THROUGH);
  return folder;
};

/**
 * A copy of the shell that may be executed and not read. The kernel marks whoever runs such a file as not
 * dumpable, so a program of the same user finds its memory, descriptors and environment closed (EACCES).
 */
export const copyLauncher = (isRoot: boolean): LauncherCopy => {
  const parent = parentFolder(isRoot);
  const folder = mkdtempSync(join(parent, "sandpiper-launcher-"));
  chmodSync(folder, PASS_THROUGH);
  const path = join(folder, "bash");
  copyFileSync(realpathSync(SHELL), path);
  chmodSync(path, modeFor(isRoot));
  return {
    path,
    remove: () => rmSync(parent === tmpdir() ? folder : parent, { recursive: true, force: true }),
  };
};
