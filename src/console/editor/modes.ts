import { StreamLanguage, type StreamParser } from "@codemirror/language";
import { c, cpp, csharp, dart, java, kotlin, objectiveC, scala } from "@codemirror/legacy-modes/mode/clike";
import { fortran } from "@codemirror/legacy-modes/mode/fortran";
import { go } from "@codemirror/legacy-modes/mode/go";
import { haskell } from "@codemirror/legacy-modes/mode/haskell";
import { javascript, json, typescript } from "@codemirror/legacy-modes/mode/javascript";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { perl } from "@codemirror/legacy-modes/mode/perl";
import { python } from "@codemirror/legacy-modes/mode/python";
import { r } from "@codemirror/legacy-modes/mode/r";
import { ruby } from "@codemirror/legacy-modes/mode/ruby";
import { rust } from "@codemirror/legacy-modes/mode/rust";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { standardSQL } from "@codemirror/legacy-modes/mode/sql";

const BY_EXTENSION: Record<string, StreamParser<unknown>> = {
  ...Object.fromEntries(["py"].map((name) => [name, python])),
  ...Object.fromEntries(["js", "mjs", "cjs"].map((name) => [name, javascript])),
  ...Object.fromEntries(["sh", "bash"].map((name) => [name, shell])),
  ...Object.fromEntries(["c", "h"].map((name) => [name, c])),
  ...Object.fromEntries(["cpp", "cc", "cxx", "hpp"].map((name) => [name, cpp])),
  ...Object.fromEntries(["f90", "f95", "f03"].map((name) => [name, fortran])),
  ...Object.fromEntries(["pl", "pm"].map((name) => [name, perl])),
  ...Object.fromEntries(["r", "R"].map((name) => [name, r])),
  ts: typescript,
  json,
  cs: csharp,
  dart,
  go,
  hs: haskell,
  java,
  kt: kotlin,
  lua,
  m: objectiveC,
  rb: ruby,
  rs: rust,
  scala,
  sql: standardSQL,
};

const made = new Map<string, StreamLanguage<unknown>>();

/** How a file is coloured, by its extension; null for plain text. */
export const modeOf = (path: string): StreamLanguage<unknown> | null => {
  const extension = /\.([^./]+)$/.exec(path)?.[1] ?? "";
  const parser = BY_EXTENSION[extension];
  if (parser === undefined) return null;
  const known = made.get(extension) ?? StreamLanguage.define(parser);
  made.set(extension, known);
  return known;
};
