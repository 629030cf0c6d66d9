import { readdir, readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { FilePart } from "../../client/index.ts";
import { CommandFailed } from "../failure.ts";
import { type IgnoreRules, isIgnored, withRulesOf } from "./ignore-rules.ts";

/** What belongs to tools and not to the program. */
const LEFT_OUT = new Set([".git", "node_modules", "__pycache__", ".venv", ".DS_Store"]);

type Walk = {
  readonly root: string;
  readonly files: FilePart[];
  /** How many files and folders a `.gitignore` kept out. */
  ignored: number;
};
type Place = {
  /** Below the root, with a slash at its end, or empty. */
  readonly prefix: string;
  /** Null where everything is taken. */
  readonly rules: IgnoreRules | null;
  /** The folders that this one is in, as they really are. */
  readonly above: readonly string[];
};

const kindOf = async (file: string): Promise<"folder" | "file" | "other"> => {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new CommandFailed(`${file} is a link to what is not there.`);
    if (error.code === "ELOOP") throw new CommandFailed(`${file} is a link that leads around in a circle.`);
    throw error;
  });
  return found.isDirectory() ? "folder" : found.isFile() ? "file" : "other";
};

const walk = async (walked: Walk, { prefix, rules: given, above }: Place): Promise<void> => {
  const folder = path.join(walked.root, prefix);
  const real = await realpath(folder);
  if (above.includes(real)) throw new CommandFailed(`${folder} is a link that leads around in a circle.`);
  const rules = given && (await withRulesOf(given, folder, prefix));
  for (const name of (await readdir(folder)).sort()) {
    if (LEFT_OUT.has(name)) continue;
    const file = path.join(folder, name);
    const isOut = (at: string): boolean => rules !== null && isIgnored(rules, at);
    // Before it is looked at: what is left out may be a link to nowhere.
    const kind = isOut(`${prefix}${name}`) ? "ignored" : await kindOf(file);
    const at = kind === "folder" ? `${prefix}${name}/` : `${prefix}${name}`;
    if (kind === "ignored" || isOut(at)) walked.ignored += 1;
    else if (kind === "folder") await walk(walked, { prefix: at, rules, above: [...above, real] });
    else if (kind === "file") walked.files.push({ path: at, data: await readFile(file) });
  }
};

export type ProgramFiles = {
  readonly files: readonly FilePart[];
  readonly entrypoint: string | null;
  readonly ignored: number;
};

/**
 * A program's file, or a folder with all that is in it; with `ignores`, but for what its `.gitignore` files name.
 * @throws CommandFailed where there is none
 */
export const programFiles = async (program: string, { ignores = true } = {}): Promise<ProgramFiles> => {
  const found = await stat(program).catch(() => null);
  if (found === null) throw new CommandFailed(`There is no ${program}.`);
  if (found.isDirectory()) {
    const walked: Walk = { root: program, files: [], ignored: 0 };
    await walk(walked, { prefix: "", rules: ignores ? [] : null, above: [] });
    if (walked.files.length === 0) throw new CommandFailed(`${program} has no file to send.`);
    return { files: walked.files, entrypoint: null, ignored: walked.ignored };
  }
  const name = path.basename(program);
  return { files: [{ path: name, data: await readFile(program) }], entrypoint: name, ignored: 0 };
};
