import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeOwnEtc } from "./own-etc.ts";
import { processStartTicks } from "./processes.ts";

const SHELL = "/bin/bash";
const PASS_THROUGH = 0o711;
const OTHERS_PASS = 0o001;
/** Root's file is read by nobody else; an ordinary user's must be closed to the user as well. */
const modeFor = (isRoot: boolean): number => (isRoot ? 0o711 : 0o111);

/** What every sandbox is given of the executor's, read-only and at a place of its own. */
export interface SharedFiles {
  /** The shell that runs the launcher. */
  readonly shellPath: string;
  /** The folder with /etc's small tables. */
  readonly etcFolder: string;
  remove(): void;
}

const isOpenToAll = (folder: string): boolean =>
  (statSync(folder).mode & OTHERS_PASS) !== 0 && (folder === "/" || isOpenToAll(dirname(folder)));

/** A sandbox of another id must get to the files: root's own TMPDIR may be closed to it. */
const parentFolder = (isRoot: boolean): string => {
  if (!isRoot || isOpenToAll(tmpdir())) return tmpdir();
  // The next executor removes a folder of this name when its process is dead (see the run folder).
  const folder = join("/tmp", `sandpiper-${process.pid}-${processStartTicks(process.pid) ?? 0}`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, PASS_THROUGH);
  return folder;
};

/**
 * Makes them. The shell is a copy that may be executed and not read: the kernel marks whoever runs such a file
 * as not dumpable, so a program of the same user finds its memory, descriptors and environment closed (EACCES).
 */
export const makeSharedFiles = (isRoot: boolean): SharedFiles => {
  const parent = parentFolder(isRoot);
  const folder = mkdtempSync(join(parent, "sandpiper-shared-"));
  chmodSync(folder, PASS_THROUGH);
  const shellPath = join(folder, "bash");
  copyFileSync(realpathSync(SHELL), shellPath);
  chmodSync(shellPath, modeFor(isRoot));
  return {
    shellPath,
    etcFolder: writeOwnEtc(folder),
    remove: () => rmSync(parent === tmpdir() ? folder : parent, { recursive: true, force: true }),
  };
};
