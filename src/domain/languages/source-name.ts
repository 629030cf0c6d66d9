import type { Language } from "../../wire/languages/registry.ts";

/** Whose sources must be named after what they declare: the declaration's name in its first group. */
const DECLARATIONS: Readonly<Record<string, readonly RegExp[]>> = {
  java: [
    /\bpublic\s+(?:(?:final|abstract|strictfp|sealed)\s+)*(?:class|interface|enum|record)\s+([A-Za-z_$][\w$]*)/,
    /\bclass\s+([A-Za-z_$][\w$]*)[^{]*\{(?:(?!\bclass\b)[\s\S])*?\bvoid\s+main\s*\(/,
  ],
  scala: [/\bobject\s+([A-Za-z_$][\w$]*)\s+extends\s+App\b/, /\bobject\s+([A-Za-z_$][\w$]*)/],
};

/** Beyond this a source is not searched. */
const SEARCHED_CHARS = 256 * 1024;
const NAME_CHARS = 100;

/** Comments and texts name no classes. */
const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/g, " ");

/** The file name of a program that came without one: the language's usual, or what the source declares. */
export const sourceNameFor = (language: Language, source: string): string => {
  const patterns = DECLARATIONS[language.id] ?? [];
  const text = patterns.length === 0 ? "" : withoutComments(source.slice(0, SEARCHED_CHARS));
  for (const pattern of patterns) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined && name.length <= NAME_CHARS) return `${name}.${language.extensions[0] ?? ""}`;
  }
  return language.source;
};
