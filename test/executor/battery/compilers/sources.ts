import type { CompilerProbe } from "./probe.ts";

/** Lines of a machine's own tables, of which a sandbox has others. */
const HOST = /daemon:|sshd:|\/root:|root:\$|BEGIN [A-Z ]*PRIVATE KEY|EXECUTOR_/;
const main = "int main(void) { return 0; }\n";
const laughs = (levels: number): string => {
  const defines = Array.from({ length: levels }, (_, at) => `#define L${at + 1} ${`L${at} `.repeat(10)}`);
  return ["#define L0 1,", ...defines, `int a[] = { L${levels} };`, main].join("\n");
};

/** Attacks that a source or its flags make on the compiler. */
export const sourceProbes: readonly CompilerProbe[] = [
  ...["/etc/shadow", "/etc/ssh/sshd_config", "/root/.bashrc", "/proc/1/environ", "/proc/self/environ"].map(
    (path): CompilerProbe => ({
      attack: `includes ${path}`,
      source: `#include "${path}"\n${main}`,
      // The compiler's own environment may pass for an empty file.
      compile: ["ok", "error"],
      never: HOST,
    }),
  ),
  {
    attack: "includes the table of users",
    source: `#include "/etc/passwd"\n${main}`,
    compile: ["error"],
    never: HOST,
  },
  {
    attack: "includes /dev/zero without an end",
    source: `#include "/dev/zero"\n${main}`,
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "includes /dev/urandom without an end",
    source: `#include "/dev/urandom"\n${main}`,
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "includes its own standard input",
    source: `#include "/dev/stdin"\n${main}`,
    compile: ["ok", "error"],
  },
  {
    attack: "includes itself for ever",
    source: '#include "main.c"\n#include "main.c"\n',
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "expands macros without measure",
    source: laughs(9),
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "instantiates templates without measure",
    language: "cpp",
    source: "template<int N, int M> struct T { T<N+1,M> a; T<N+1,M+N> b; };\nint main() { T<0,0> t; }\n",
    flags: ["-ftemplate-depth=1000000"],
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "computes constants for ever",
    language: "cpp",
    source:
      "constexpr int f(int n) { int s = 0; for (long i = 0; i < 4000000000; ++i) s += i % 7; return s + n; }\nstatic_assert(f(1) == 0);\nint main() {}\n",
    flags: ["-fconstexpr-ops-limit=9000000000000", "-fconstexpr-loop-limit=2000000000"],
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "makes an artifact of a gigabyte",
    source: `char a[1 << 30] = { 1 };\n${main}`,
    compile: ["error", "time_limit", "memory_limit", "output_limit"],
  },
  {
    attack: "takes the machine's files into its program",
    source: `__asm__(".incbin \\"/etc/shadow\\"");\n${main}`,
    compile: ["error"],
    never: HOST,
  },
  {
    attack: "takes the memory of its assembler into its program",
    source: `__asm__(".incbin \\"/proc/self/mem\\"");\n${main}`,
    compile: ["ok", "error", "output_limit", "time_limit", "memory_limit"],
  },
  {
    attack: "writes over the system's tools",
    source: main,
    flags: ["-o", "/usr/bin/evil"],
    compile: ["ok", "error"],
  },
  {
    attack: "writes above its folder",
    source: main,
    flags: ["-MD", "-MF", "../../escaped"],
    compile: ["ok", "error"],
  },
  {
    attack: "reads its arguments from the machine",
    source: main,
    flags: ["@/proc/1/environ"],
    compile: ["ok", "error"],
    never: HOST,
  },
  { attack: "loads a plugin that is none", source: main, flags: ["-fplugin=./main.c"], compile: ["error"] },
  {
    attack: "reads a specification of the machine's",
    source: main,
    flags: ["-specs=/etc/shadow"],
    compile: ["error"],
    never: HOST,
  },
  {
    attack: "looks for its parts in a folder of its own",
    source: main,
    flags: ["-B/job/"],
    compile: ["ok", "error"],
  },
  {
    attack: "lets its linker read the machine's files as a script",
    source: main,
    flags: ["-Wl,-T,/etc/shadow"],
    compile: ["error"],
    never: HOST,
  },
  {
    attack: "lets its linker write a map elsewhere",
    source: main,
    flags: ["-Wl,-Map=/etc/map"],
    compile: ["error"],
  },
  {
    attack: "starts a program of its own by -wrapper, as which it may do no more than a job",
    source: main,
    flags: ["-wrapper", "/bin/sh,-c,id >&2; cat /etc/shadow >&2; exit 1"],
    compile: ["error"],
    never: HOST,
  },
  {
    attack: "compiles a device",
    source: main,
    flags: ["-x", "c", "/dev/zero"],
    compile: ["error", "time_limit", "memory_limit"],
  },
  {
    attack: "says megabytes of errors",
    source: `${Array.from({ length: 20_000 }, (_, at) => `x${at} = y${at};`).join("\n")}\n${main}`,
    flags: ["-fmax-errors=0"],
    compile: ["error", "time_limit"],
    also: ({ compiled }) => {
      if (compiled?.outputTruncated !== true || compiled.output.length > 131_072)
        throw new Error("the compiler's text was not cut");
    },
  },
];
