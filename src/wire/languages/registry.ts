import { functionalLanguages } from "./functional.ts";
import { nativeLanguages } from "./native.ts";
import { plainLanguages } from "./plain.ts";
import { scriptLanguages } from "./scripts.ts";
import type { Language } from "./types.ts";
import { virtualMachineLanguages } from "./virtual-machines.ts";

export type { Language } from "./types.ts";

/** Every language that an executor can offer once its layer is built, by id. */
export const languages: readonly Language[] = [
  ...nativeLanguages,
  ...virtualMachineLanguages,
  ...functionalLanguages,
  ...scriptLanguages,
  ...plainLanguages,
].sort((a, b) => (a.id < b.id ? -1 : 1));

const byName = new Map(
  [...languages].flatMap((language) => [language.id, ...language.aliases].map((name) => [name, language])),
);
const byExtension = new Map(
  languages.flatMap((language) => language.extensions.map((extension) => [extension, language])),
);

/** The language of this id or alias, in any case. */
export const findLanguage = (name: string): Language | null => byName.get(name.toLowerCase()) ?? null;

/** The language of this exact id. */
export const languageById = (id: string): Language | null => {
  const found = byName.get(id);
  return found?.id === id ? found : null;
};

/** The language that files with this extension (no dot, any case) are written in. */
export const languageOfExtension = (extension: string): Language | null =>
  byExtension.get(extension.toLowerCase()) ?? null;
