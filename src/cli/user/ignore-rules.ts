import { readFile } from "node:fs/promises";
import path from "node:path";
import ignore, { type Ignore } from "ignore";

/** The rules of `.gitignore` files, those of outer folders first, each with the folder that it speaks of. */
export type IgnoreRules = readonly { readonly prefix: string; readonly rules: Ignore }[];

/** The rules below a folder, which may have a `.gitignore` of its own. `prefix` is its path below the root. */
export const withRulesOf = async (
  outer: IgnoreRules,
  folder: string,
  prefix: string,
): Promise<IgnoreRules> => {
  const text = await readFile(path.join(folder, ".gitignore"), "utf8").catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "EISDIR") return null;
      throw error;
    },
  );
  return text === null ? outer : [...outer, { prefix, rules: ignore().add(text) }];
};

/** Whether git would leave this path out; the rules of inner folders count before those of outer ones. */
export const isIgnored = (all: IgnoreRules, file: string): boolean => {
  for (const { prefix, rules } of [...all].reverse()) {
    const { ignored, unignored } = rules.test(file.slice(prefix.length));
    if (ignored || unignored) return ignored;
  }
  return false;
};
