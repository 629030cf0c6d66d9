import type { Language } from "../../src/wire/languages/registry.ts";

const MIB = 1024 * 1024;
/** The rest of a JVM's memory limit is for its code, its stacks and its collector. */
const JVM_HEAP_SHARE = 0.7;

/** What the placeholders of a template stand for. */
export interface TemplateValues {
  /** Path of the program's file. */
  readonly source: string;
  /** Paths of all files of the job. */
  readonly files: Iterable<string>;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  readonly memoryBytes: number;
}

const folderOf = (path: string): string => {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
};
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const extensionOf = (path: string): string => /[^/]\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
const stemOf = (path: string): string => path.replace(/(?<=[^/])\.[^./]*$/, "");

/** A path must not be read as an option of the tool that is given it. */
const asArgument = (path: string): string => (path.startsWith("-") ? `./${path}` : path);

/** The source, then the other files of the language in its folder, by name. */
const sourcesOf = ({ extensions }: Language, { source, files }: TemplateValues): readonly string[] => {
  const known = extensions.length === 0 ? [extensionOf(source)] : extensions;
  const others = [...files].filter(
    (path) => path !== source && folderOf(path) === folderOf(source) && known.includes(extensionOf(path)),
  );
  return [source, ...others.sort()].map(asArgument);
};

/** The template's arguments with its placeholders filled in; each stands for whole arguments. */
export const fillTemplate = (
  language: Language,
  template: readonly string[],
  values: TemplateValues,
): readonly string[] => {
  const stem = stemOf(values.source);
  const whole: Readonly<Record<string, readonly string[]>> = {
    "{source}": [asArgument(values.source)],
    "{sources}": sourcesOf(language, values),
    "{flags}": values.flags,
    "{args}": values.args,
    "{folder}": [asArgument(folderOf(values.source))],
    "{class}": [nameOf(stem)],
    "{heap}": [`-Xmx${Math.max(8, Math.floor((values.memoryBytes * JVM_HEAP_SHARE) / MIB))}m`],
  };
  return template.flatMap((part) => whole[part] ?? [part.replace("{stem}", asArgument(stem))]);
};
