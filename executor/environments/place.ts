import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Work on an environment, by its name and the process that does it. */
const WORK = /^\.([a-z0-9][a-z0-9-]*)\.([0-9]+)-[A-Za-z0-9]{6}$/;
/** The layer that a new one takes the place of, until the new one is there. */
const REPLACED = "replaced";

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : null);

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
};

/** Makes a folder for work on an environment, beside its place; its name is no environment's. */
export const workFolder = (folder: string, name: string): string =>
  mkdtempSync(join(folder, `.${name}.${process.pid}-`));

/** Renames a folder, unless one with content is there; says whether it did. */
const renameToFree = (from: string, to: string): boolean => {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST") return false;
    throw error;
  }
};

/**
 * Puts a complete layer into its place. What was there goes aside first and is kept until then, so that a
 * process which is killed between leaves one of both, and `putBack` can tell which.
 */
export const putInPlace = (layer: string, work: string, place: string): void => {
  const aside = join(work, REPLACED);
  while (!renameToFree(layer, place)) {
    rmSync(aside, { recursive: true, force: true });
    if (existsSync(place)) renameSync(place, aside);
  }
};

/** Puts what was replaced back where nothing took its place. */
export const putBack = (work: string, place: string): void => {
  const aside = join(work, REPLACED);
  if (existsSync(aside) && !existsSync(place)) renameToFree(aside, place);
};

interface Leftover {
  readonly name: string;
  readonly work: string;
  readonly place: string;
}

const leftoversIn = (folder: string): readonly Leftover[] =>
  readdirSync(folder).flatMap((name) => {
    const [, environment = "", pid] = WORK.exec(name) ?? [];
    return pid === undefined || isRunning(Number(pid))
      ? []
      : [{ name, work: join(folder, name), place: join(folder, environment) }];
  });

/** Puts back what builds that were cut off had moved aside, and had not yet replaced. */
export const putBackReplaced = (folder: string): void => {
  for (const { work, place } of leftoversIn(folder)) putBack(work, place);
};

/** Removes what builds left that were cut off, their replaced layers apart; those that still run keep theirs. */
export const removeLeftovers = (folder: string): readonly string[] => {
  const left = leftoversIn(folder);
  for (const { work, place } of left) {
    putBack(work, place);
    rmSync(work, { recursive: true, force: true });
  }
  return left.map(({ name }) => name);
};

/** Takes an environment away at once: a process that is killed meanwhile leaves no half of it. */
export const removeLayer = (folder: string, name: string): void => {
  const work = workFolder(folder, name);
  renameSync(join(folder, name), join(work, "removed"));
  rmSync(work, { recursive: true, force: true });
};
