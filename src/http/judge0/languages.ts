import { offeredLanguages } from "../../domain/languages/runtimes.ts";
import type { LanguageInfo } from "../../wire/judging.ts";
import { type Language, languages } from "../../wire/languages/registry.ts";

/** A language as the original lists it. */
export type Judge0Language = {
  readonly id: number;
  readonly name: string;
  readonly isArchived: boolean;
  /** Ours that runs it; null for one that is not offered. */
  readonly language: Language | null;
};

/** Ids of the original that nothing here runs, by their names there. */
const ARCHIVED: readonly string[] = [
  ...["Bash (4.4)", "Bash (4.0)", "Basic (fbc 1.05.0)", "C (gcc 7.2.0)", "C (gcc 6.4.0)", "C (gcc 6.3.0)"],
  ...["C (gcc 5.4.0)", "C (gcc 4.9.4)", "C (gcc 4.8.5)", "C++ (g++ 7.2.0)", "C++ (g++ 6.4.0)"],
  ...["C++ (g++ 6.3.0)", "C++ (g++ 5.4.0)", "C++ (g++ 4.9.4)", "C++ (g++ 4.8.5)", "C# (mono 5.4.0.167)"],
  ...["C# (mono 5.2.0.224)", "Clojure (1.8.0)", "Crystal (0.23.1)", "Elixir (1.5.1)", "Erlang (OTP 20.0)"],
  ...["Go (1.9)", "Haskell (ghc 8.2.1)", "Haskell (ghc 8.0.2)", "Insect (5.0.0)"],
  ...["Java (OpenJDK 9 with Eclipse OpenJ9)", "Java (OpenJDK 8)", "Java (OpenJDK 7)"],
  ...["JavaScript (nodejs 8.5.0)", "JavaScript (nodejs 7.10.1)", "OCaml (4.05.0)", "Octave (4.2.0)"],
  ...["Pascal (fpc 3.0.0)", "Python (3.6.0)", "Python (3.5.3)", "Python (2.7.9)", "Python (2.6.9)"],
  ...["Ruby (2.4.0)", "Ruby (2.3.3)", "Ruby (2.2.6)", "Ruby (2.1.9)", "Rust (1.20.0)"],
];

const OTHERS: readonly (readonly [number, string])[] = [
  [47, "Basic (FBC 1.07.1)"],
  [70, "Python (2.7.17)"],
  [79, "Objective-C (Clang 7.0.1)"],
  [83, "Swift (5.2.3)"],
  [84, "Visual Basic.Net (vbnc 0.0.0.5943)"],
  [87, "F# (.NET Core SDK 3.1.202)"],
  [90, "Dart (2.19.2)"],
  [96, "JavaFX (JDK 17.0.6, OpenJFX 22.0.2)"],
  [112, "Scala (3.4.2)"],
];

const nameOf = ({ judge0 }: Language, version: string): string => {
  if (judge0 === null || judge0.tool === null) return judge0?.name ?? "";
  const tool = judge0.tool === "" ? "" : `${judge0.tool} `;
  return `${judge0.name} (${tool}${version})`;
};

const byName = (one: Judge0Language, other: Judge0Language): number =>
  one.name === other.name ? one.id - other.id : one.name < other.name ? -1 : 1;

/** Every id of the original: those that an executor has a language for, and the rest as archived; by name. */
export const judge0Languages = (installed: readonly LanguageInfo[]): readonly Judge0Language[] => {
  const offered = offeredLanguages(installed).flatMap(({ language, info }) =>
    (language.judge0?.ids ?? []).map((id) => ({
      id,
      name: nameOf(language, info.version),
      isArchived: false,
      language,
    })),
  );
  const there = new Set(offered.map(({ id }) => id));
  const missing = languages.flatMap((language) =>
    (language.judge0?.ids ?? [])
      .filter((id) => !there.has(id))
      .map((id) => ({ id, name: language.judge0?.name ?? "", isArchived: true, language: null })),
  );
  const archived = [...ARCHIVED.map((name, index) => [index + 1, name] as const), ...OTHERS].map(
    ([id, name]) => ({ id, name, isArchived: true, language: null }),
  );
  return [...offered, ...missing, ...archived].sort(byName);
};
