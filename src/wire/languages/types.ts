/**
 * One language as Worker and executor know it. Templates are argument lists: `{source}` is the program's file,
 * `{sources}` that file and then the others of the same extensions in its folder, `{flags}` and `{args}` what the
 * client gave, `{stem}` the source without its extension, `{class}` and `{folder}` the stem's last part and what is
 * before it, `{heap}` the JVM's share of the memory limit. A placeholder stands for whole arguments, but that
 * `{stem}` may be a part of one.
 */
export interface Language {
  readonly id: string;
  readonly name: string;
  /** Other names that a client may write, in lower case. */
  readonly aliases: readonly string[];
  /** Without the dot; the first one is the usual. */
  readonly extensions: readonly string[];
  /** The file's name when the client gives none. */
  readonly source: string;
  readonly compile: readonly string[] | null;
  readonly run: readonly string[];
  readonly compileEnv: Readonly<Record<string, string>>;
  readonly runEnv: Readonly<Record<string, string>>;
  /** `languages`: it needs the layer that is a whole `/usr`; `default`: every sandbox has it. */
  readonly layer: "default" | "languages";
  /** Address space that counts as data and is never touched; added where only RLIMIT_DATA guards the memory. */
  readonly reservedBytes: number;
  /** Prints the version; the first line of its output that holds one is taken. Null: its package's is. */
  readonly versionCommand: readonly string[] | null;
  /** Debian packages of the layer. */
  readonly packages: readonly string[];
  /** Packages of the npm registry, `name@version`, laid into the layer's `usr/lib/node_modules`. */
  readonly npmPackages: readonly string[];
  readonly judge0: {
    readonly name: string;
    /** Empty where the language's name is the tool's; null where no version is told. */
    readonly tool: string | null;
    readonly ids: readonly number[];
    readonly sourceFile: string;
  } | null;
  readonly piston: {
    readonly language: string;
    readonly package: string;
    readonly aliases: readonly string[];
  } | null;
}

/** A language with what it does not say filled in: no aliases, no variables, in the layer. */
export const language = (
  given: Pick<Language, "id" | "name" | "extensions" | "source" | "run" | "versionCommand"> &
    Partial<Language>,
): Language => ({
  aliases: [],
  compile: null,
  compileEnv: {},
  runEnv: {},
  layer: "languages",
  reservedBytes: 0,
  packages: [],
  npmPackages: [],
  judge0: null,
  piston: null,
  ...given,
});

/** How Judge0 knows a language: its name there, our tool's name, its ids, and the source's file name. */
export const judge0 = (name: string, tool: string | null, ids: readonly number[], sourceFile: string) => ({
  name,
  tool,
  ids,
  sourceFile,
});

/** How Piston knows a language: its name, its aliases, and the package where that has another name. */
export const piston = (name: string, aliases: readonly string[] = [], packageName = name) => ({
  language: name,
  package: packageName,
  aliases,
});
