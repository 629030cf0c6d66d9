import type { Interpreter } from "../../wire/vocabulary.ts";
import { shown } from "../uploads/refusal.ts";
import type { Manifest, Refused, RunOutcome } from "./types.ts";

/** Taken when nothing names an entrypoint, in this order (contract runs.md section 3). */
const DEFAULT_ENTRYPOINTS = ["main.py", "index.js", "run.sh"];

const BY_EXTENSION: Record<string, Interpreter> = {
  "": "python3",
  py: "python3",
  js: "node",
  mjs: "node",
  cjs: "node",
  sh: "bash",
  bash: "bash",
};

/**
 * The interpreter for an entrypoint that comes without one, or null when its extension says nothing. A name
 * without an extension is Python, the reference's default (contract runs.md section 4).
 */
export const interpreterFor = (entrypoint: string): Interpreter | null => {
  const extension = /[^/]\.([^./]*)$/.exec(entrypoint)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(BY_EXTENSION, extension) ? (BY_EXTENSION[extension] ?? null) : null;
};

/** Beside a packed folder it says how to run it, and is no part of it. */
const MANIFEST_FILE = "job.json";
const isProgram = (path: string): boolean => path !== MANIFEST_FILE;

/** The one folder, with its slash, that all paths are in; null when there is none. */
export const sharedTop = (paths: readonly string[]): string | null => {
  const programs = paths.filter(isProgram);
  const [first = ""] = programs;
  const top = first.slice(0, first.indexOf("/") + 1);
  return top !== "" && programs.every((path) => path.startsWith(top)) ? top : null;
};

/** A program that came alone needs no name: its file, if its extension says what runs it. */
const loneProgram = (paths: readonly string[]): readonly string[] => {
  const programs = paths.filter(isProgram);
  return programs.filter(
    (path) => programs.length === 1 && /\.[^./]+$/.test(path) && interpreterFor(path) !== null,
  );
};

/** A name as it was found: at its place, or below the one top folder. */
export type FoundFile = { name: string; tarPath: string; stripComponents: 0 | 1 };

/** The first of the names that is a file at its place, else below the shared top folder, else null. */
export const findFile = (names: readonly string[], paths: readonly string[]): FoundFile | null => {
  const files = new Set(paths);
  const plain = names.find((name) => files.has(name));
  if (plain !== undefined) return { name: plain, tarPath: plain, stripComponents: 0 };
  const top = sharedTop(paths);
  const below = top === null ? undefined : names.find((name) => files.has(top + name));
  return below === undefined ? null : { name: below, tarPath: `${top}${below}`, stripComponents: 1 };
};

const sentence = (field: string, message: string): Refused => ({
  kind: "refused",
  errors: [{ field, message, isSentence: true }],
});

const missing = (entrypoint: string | null): Refused =>
  sentence(
    "entrypoint",
    entrypoint === null
      ? `No entrypoint specified, and there is no ${DEFAULT_ENTRYPOINTS.join(", ")}; name one in the manifest`
      : `There is no file ${shown(entrypoint)} in the upload`,
  );

/**
 * Finds the manifest's entrypoint, or a default one, among the files of an upload and settles its
 * interpreter (contract runs.md 0.7, 0.8). `paths` are the tar's regular files.
 */
export const resolveEntrypoint = (manifest: Manifest, paths: readonly string[]): RunOutcome => {
  const found =
    manifest.entrypoint === null
      ? (findFile(DEFAULT_ENTRYPOINTS, paths) ?? findFile(loneProgram(paths), paths))
      : findFile([manifest.entrypoint], paths);
  if (found === null) return missing(manifest.entrypoint);
  const interpreter = manifest.interpreter ?? interpreterFor(found.name);
  if (interpreter === null)
    return sentence("interpreter", `The extension of ${shown(found.name)} is not known; name an interpreter`);
  return {
    kind: "ok",
    manifest: { ...manifest, entrypoint: found.name, interpreter },
    stripComponents: found.stripComponents,
    tarPath: found.tarPath,
  };
};
