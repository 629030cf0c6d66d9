import { chmodSync, copyFileSync, linkSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { claimFolder, removeRunFolder } from "../run-folder.ts";
import { failedWith } from "./group-files.ts";
import { writeOwnEtc } from "./own-etc.ts";

const SHELL = "/bin/bash";
const PASS_THROUGH = 0o711;
const OTHERS_PASS = 0o001;
/** Root's file is read by nobody else; an ordinary user's must be closed to the user as well. */
const modeFor = (isRoot: boolean): number => (isRoot ? 0o711 : 0o111);

/** What every sandbox is given of the executor's, read-only and at a place of its own. */
export interface SharedFiles {
  /** The shell that runs the launcher. */
  readonly shellPath: string;
  /** The program Node, by a name that says nothing of where the machine keeps it, if the machine allows one. */
  readonly nodePath: string;
  /** The folder with /etc's small tables. */
  readonly etcFolder: string;
  remove(): void;
}

const isOpenToAll = (folder: string): boolean =>
  (statSync(folder).mode & OTHERS_PASS) !== 0 && (folder === "/" || isOpenToAll(dirname(folder)));

/** A sandbox of another id must get to the files: root's own TMPDIR may be closed to it. */
const needsOpenFolder = (isRoot: boolean): boolean => isRoot && !isOpenToAll(tmpdir());

/** A second name for Node's file; another file system, or a file of somebody else's, gets none. */
const linkNode = (folder: string): string => {
  const link = join(folder, "node");
  try {
    linkSync(realpathSync(process.execPath), link);
    return link;
  } catch (error) {
    if (failedWith(error, "EXDEV", "EPERM", "EACCES", "EMLINK", "EOPNOTSUPP")) return process.execPath;
    throw error;
  }
};

/**
 * Makes them. The shell is a copy that may be executed and not read: the kernel marks whoever runs such a file
 * as not dumpable, so a program of the same user finds its memory, descriptors and environment closed (EACCES).
 */
export const makeSharedFiles = (isRoot: boolean): SharedFiles => {
  const parent = needsOpenFolder(isRoot) ? claimFolder("/tmp") : tmpdir();
  const folder = mkdtempSync(join(parent, "shared-"));
  chmodSync(folder, PASS_THROUGH);
  const shellPath = join(folder, "bash");
  copyFileSync(realpathSync(SHELL), shellPath);
  chmodSync(shellPath, modeFor(isRoot));
  return {
    shellPath,
    nodePath: linkNode(folder),
    etcFolder: writeOwnEtc(folder),
    remove: () => {
      if (parent === tmpdir()) rmSync(folder, { recursive: true, force: true });
      else removeRunFolder(parent);
    },
  };
};
