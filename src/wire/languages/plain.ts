import { judge0, type Language, language, piston } from "./types.ts";

/** Both kinds of names that scripts of a program of several files may have. */
const script = (name: string) =>
  `for s in ${name} ${name}.sh; do if [ -f "$s" ]; then exec bash "$s" "$@"; fi; done`;

/** What is no language, and is run or shown as it is. */
export const plainLanguages: readonly Language[] = [
  language({
    id: "text",
    name: "Plain text",
    // A text among other files is no program, and alone it is one only where the language is named.
    extensions: [],
    source: "main.txt",
    run: ["cat", "{source}"],
    layer: "default",
    versionCommand: ["cat", "--version"],
    judge0: judge0("Plain Text", null, [43], "text.txt"),
  }),
  language({
    id: "executable",
    name: "Executable",
    aliases: ["elf", "binary"],
    extensions: [],
    source: "a.out",
    run: [
      "bash",
      "-c",
      'chmod +x "$1" && p=$(realpath "$1") && shift && exec "$p" "$@"',
      "bash",
      "{source}",
      "{args}",
    ],
    layer: "default",
    versionCommand: ["uname", "--kernel-release"],
    judge0: judge0("Executable", null, [44], "a.out"),
    piston: piston("file", ["executable", "elf", "binary"]),
  }),
  language({
    id: "multi-file",
    name: "Program of several files",
    extensions: [],
    source: "run",
    compile: ["bash", "-c", script("compile"), "bash", "{flags}"],
    run: ["bash", "-c", script("run"), "bash", "{args}"],
    versionCommand: ["bash", "--version"],
    packages: ["bash", "make"],
    judge0: judge0("Multi-file program", null, [89], ""),
  }),
];
