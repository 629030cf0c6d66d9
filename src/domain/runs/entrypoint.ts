import { shown } from "../../uploads/index.ts";
import {
  type Language,
  languageById,
  languageOfExtension,
  languages,
} from "../../wire/languages/registry.ts";
import type { Interpreter } from "../../wire/vocabulary.ts";
import { isJudged, LANGUAGE_OF } from "../judging/order.ts";
import type { Manifest, Refused, RunOutcome } from "./types.ts";

/** Taken when nothing names an entrypoint, in this order. */
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

const extensionOf = (path: string): string => /[^/]\.([^./]*)$/.exec(path)?.[1]?.toLowerCase() ?? "";

/**
 * The interpreter for an entrypoint that comes without one, or null when its extension says nothing. A name
 * without an extension is Python, the reference's default.
 */
export const interpreterFor = (entrypoint: string): Interpreter | null => {
  const extension = extensionOf(entrypoint);
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

/** A program that came alone needs no name: its file, if its extension or the manifest says what runs it. */
const loneProgram = (paths: readonly string[], { interpreter }: Manifest): readonly string[] => {
  const programs = paths.filter(isProgram);
  const saysHow = (path: string): boolean => /\.[^./]+$/.test(path) && startOf(path) !== null;
  return programs.filter((path) => programs.length === 1 && (interpreter !== null || saysHow(path)));
};

/** What starts a program whose manifest names neither interpreter nor language, by its extension. */
const startOf = (path: string): { interpreter: Interpreter | null; language: string | null } | null => {
  const interpreter = interpreterFor(path);
  if (interpreter !== null) return { interpreter, language: null };
  const language = languageOfExtension(extensionOf(path));
  return language === null ? null : { interpreter: null, language: language.id };
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

const ARCHIVE = /\.(?:zip|tgz|tar(?:\.gz)?)$/i;

/** Where archives stayed files, what was looked for may be in one. */
const packedHint = (paths: readonly string[]): string =>
  paths.some((path) => ARCHIVE.test(path))
    ? '; archives that stay files are not looked into, "unpack": true in the manifest unpacks all'
    : "";

const SHOWN_ALIKE = 3;
const folded = (name: string): string => name.normalize("NFC").toLowerCase();
const lastOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Files elsewhere, or written a little differently, that may be what was meant. */
const alikeHint = (names: readonly string[], paths: readonly string[]): string => {
  const wanted = new Set(names.map((name) => folded(lastOf(name))));
  const alike = paths.filter((path) => wanted.has(folded(lastOf(path)))).slice(0, SHOWN_ALIKE);
  if (alike.length === 0) return "";
  const isComposedOtherwise = alike.some((path) =>
    names.some((name) => name !== path && name.normalize("NFC") === path.normalize("NFC")),
  );
  const why = isComposedOtherwise ? ", whose letters are composed differently (Unicode NFC, NFD)" : "";
  return `; there is ${alike.map(shown).join(", ")}${why}`;
};

const missing = (
  { entrypoint, module = null }: Manifest,
  language: Language | null,
  paths: readonly string[],
): Refused => {
  const hint = (names: readonly string[]) => `${alikeHint(names, paths)}${packedHint(paths)}`;
  if (module !== null)
    return sentence(
      "module",
      `There is neither ${moduleFiles(module).map(shown).join(" nor ")} in the upload${hint(moduleFiles(module))}`,
    );
  if (entrypoint !== null)
    return sentence("entrypoint", `There is no file ${shown(entrypoint)} in the upload${hint([entrypoint])}`);
  const usual = language === null ? DEFAULT_ENTRYPOINTS : [language.source];
  return sentence(
    "entrypoint",
    `No entrypoint specified, and there is no ${usual.join(", ")}; name one in the manifest${hint(usual)}`,
  );
};

/** The usual names of every language's sources; Python's come first, and may stand for the whole. */
const SOURCES = [...new Set([...DEFAULT_ENTRYPOINTS, ...languages.map(({ source }) => source)])];

/** A program of a language that came without a name: its usual file, or the only one with its extension. */
const foundFor = ({ source, extensions }: Language, paths: readonly string[]): FoundFile | null => {
  const programs = paths.filter(isProgram);
  const own = programs.filter((path) => extensions.includes(extensionOf(path)));
  const only = programs.length === 1 ? programs : own.length === 1 ? own : [];
  return findFile([source], paths) ?? findFile(only, paths);
};

/** What is wrong between the fields that say how the program is started; null when they fit together. */
const misfit = (
  { interpreter, environment, judging }: Manifest,
  language: Language | null,
): Refused | null => {
  if (interpreter !== null && judging.language !== null && LANGUAGE_OF[interpreter] !== judging.language)
    return sentence("language", "language and interpreter name different things; give one of them");
  if (language?.layer === "languages" && environment !== "" && environment !== "default")
    return sentence("environment", `A program in ${language.name} has no environment; leave it out`);
  if ((judging.compileFlags ?? []).length > 0 && (language?.compile ?? null) === null)
    return sentence("compile_flags", "compile_flags are for a language with a compile step");
  return null;
};

/** The files that a module may be: itself, or what runs for its package. */
const moduleFiles = (module: string): readonly string[] => {
  const path = module.replaceAll(".", "/");
  return [`${path}.py`, `${path}/__main__.py`];
};

/** What is wrong with running a module; null for anything else. */
const moduleMisfit = ({ module = null, entrypoint, interpreter, judging }: Manifest): Refused | null => {
  if (module === null) return null;
  if (entrypoint !== null) return sentence("module", "module stands beside entrypoint; give one of them");
  if (
    (interpreter !== null && interpreter !== "python3") ||
    judging.language !== null ||
    isJudged({ judging })
  )
    return sentence("module", "A module is run by the interpreter python3, without a language or cases");
  return null;
};

const foundEntrypoint = (
  manifest: Manifest,
  language: Language | null,
  paths: readonly string[],
): FoundFile | null => {
  const { entrypoint, module = null } = manifest;
  if (module !== null) return findFile(moduleFiles(module), paths);
  if (entrypoint !== null) return findFile([entrypoint], paths);
  if (language !== null) return foundFor(language, paths);
  const usual = findFile(DEFAULT_ENTRYPOINTS, paths) ?? findFile(loneProgram(paths, manifest), paths);
  return usual ?? findFile(SOURCES, paths);
};

/**
 * Finds the manifest's entrypoint, or a default one, among the files of an upload and settles its
 * interpreter. `paths` are the tar's regular files.
 */
export const resolveEntrypoint = (manifest: Manifest, paths: readonly string[]): RunOutcome => {
  const given = manifest.judging.language === null ? null : languageById(manifest.judging.language);
  const found = foundEntrypoint(manifest, given, paths);
  const badModule = moduleMisfit(manifest);
  if (badModule !== null) return badModule;
  if (found === null) return missing(manifest, given, paths);
  const start =
    (manifest.module ?? null) !== null
      ? { interpreter: "python3" as const, language: null }
      : given === null && manifest.interpreter === null
        ? startOf(found.name)
        : { interpreter: given === null ? manifest.interpreter : null, language: given?.id ?? null };
  if (start === null)
    return sentence("interpreter", `The extension of ${shown(found.name)} is not known; name an interpreter`);
  const language = start.language === null ? null : languageById(start.language);
  const wrong = misfit(manifest, language);
  if (wrong !== null) return wrong;
  const judging = { ...manifest.judging, language: start.language };
  return {
    kind: "ok",
    manifest: { ...manifest, entrypoint: found.name, interpreter: start.interpreter, judging },
    stripComponents: found.stripComponents,
    tarPath: found.tarPath,
  };
};
