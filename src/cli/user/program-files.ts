import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { FilePart } from "../../client/index.ts";
import { CommandFailed } from "../failure.ts";

/** What belongs to tools and not to the program. */
const LEFT_OUT = new Set([".git", "node_modules", "__pycache__", ".venv", ".DS_Store"]);

const filesBelow = async (folder: string, prefix = ""): Promise<FilePart[]> => {
  const files: FilePart[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (LEFT_OUT.has(name)) continue;
    const file = path.join(folder, name);
    const found = await stat(file);
    if (found.isDirectory()) files.push(...(await filesBelow(file, `${prefix}${name}/`)));
    else if (found.isFile()) files.push({ path: `${prefix}${name}`, data: await readFile(file) });
  }
  return files;
};

export type ProgramFiles = { readonly files: readonly FilePart[]; readonly entrypoint: string | null };

/** A program's file, or a folder with all that is in it. @throws CommandFailed where there is none */
export const programFiles = async (program: string): Promise<ProgramFiles> => {
  const found = await stat(program).catch(() => null);
  if (found === null) throw new CommandFailed(`There is no ${program}.`);
  if (found.isDirectory()) {
    const files = await filesBelow(program);
    if (files.length === 0) throw new CommandFailed(`${program} is empty.`);
    return { files, entrypoint: null };
  }
  const name = path.basename(program);
  return { files: [{ path: name, data: await readFile(program) }], entrypoint: name };
};
