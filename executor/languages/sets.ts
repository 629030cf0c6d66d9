import { languages } from "../../src/wire/languages/registry.ts";

const SMALL = ["c", "cpp", "multi-file"];
const CORE = [...SMALL, ..."java csharp go rust ruby php perl lua sqlite awk pascal asm".split(" ")];
const WIDE = [
  ...CORE,
  ..."r fortran haskell ocaml kotlin scala lisp erlang elixir prolog cobol tcl d clojure groovy".split(" "),
  ..."typescript coffeescript".split(" "),
];

/** Sets of languages that are built together, by name, from the smallest to the largest. */
export const languageSets: ReadonlyMap<string, readonly string[]> = new Map([
  ["small", SMALL],
  ["core", CORE],
  ["wide", WIDE],
  ["all", languages.filter(({ layer }) => layer === "languages").map(({ id }) => id)],
]);
