import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { linkAlternatives } from "../environments/layer.ts";
import { etcFiles } from "../sandbox/own-etc.ts";
import { runInLayer } from "./run-in-layer.ts";

const JVM = "../lib/jvm/java-17-openjdk-amd64/bin";

/** Links that maintainer scripts would make: name below `usr`, and targets of which the first that exists serves. */
const LINKS: readonly (readonly [string, ...string[]])[] = [
  ["bin/sh", "dash"],
  ["bin/awk", "gawk", "mawk"],
  ["bin/cc", "gcc"],
  ["bin/c++", "g++"],
  ["bin/php", "php8.2"],
  ["bin/java", `${JVM}/java`],
  ["bin/javac", `${JVM}/javac`],
  ["bin/jar", `${JVM}/jar`],
  ["bin/scala", "../share/scala-2.11/bin/scala"],
  ["bin/scalac", "../share/scala-2.11/bin/scalac"],
  ["bin/groovy", "../share/groovy/bin/groovy"],
  ["bin/groovyc", "../share/groovy/bin/groovyc"],
  ["share/java/clojure.jar", "clojure-1.11.jar"],
  ["bin/guile", "../lib/x86_64-linux-gnu/guile/3.0/bin/guile"],
  ["bin/fpc", "x86_64-linux-gnu-fpc-3.2.2"],
  ["bin/ppcx64", "../lib/x86_64-linux-gnu/fpc/3.2.2/ppcx64"],
  ...["gplc", "pl2wam", "wam2ma", "ma2asm", "hexgplc", "fd2c"].map(
    (name) => [`bin/${name}`, `../lib/gprolog/bin/${name}`] as const,
  ),
  ["bin/emacs", "emacs-nox"],
  ["bin/tsc", "../lib/node_modules/typescript/bin/tsc"],
  ["bin/coffee", "../lib/node_modules/coffeescript/bin/coffee"],
];

/** Below `usr`; large, and of use to nobody who compiles and runs programs. */
const NEEDLESS = [
  "lib/jvm/java-17-openjdk-amd64/jmods",
  "lib/gcc/x86_64-linux-gnu/12/lto1",
  "bin/x86_64-linux-gnu-lto-dump-12",
  "share/go-1.19/test",
  "share/go-1.19/api",
  "share/go-1.19/misc",
];

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const link = (usr: string, [name, ...targets]: readonly [string, ...string[]]): void => {
  const path = join(usr, name);
  const target = targets.find((candidate) => existsSync(resolve(dirname(path), candidate)));
  if (target === undefined || isThere(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};

/** R names its settings by a file that its script would copy; without it R finds no package. */
const copyRSettings = (root: string): void => {
  const from = join(root, "usr/lib/R/etc/Renviron.ucf");
  if (!existsSync(from)) return;
  mkdirSync(join(root, "etc/R"), { recursive: true });
  cpSync(from, join(root, "etc/R/Renviron"));
};

/** GHC's list of packages lies in /var and is indexed by a script: it moves into the layer's usr. */
const indexHaskell = async (root: string, variable: string): Promise<void> => {
  const place = "usr/lib/ghc/package.conf.d";
  if (!existsSync(join(variable, "lib/ghc/package.conf.d"))) return;
  rmSync(join(root, place), { recursive: true, force: true });
  renameSync(join(variable, "lib/ghc/package.conf.d"), join(root, place));
  const libraries = readdirSync(join(root, "usr/lib/ghc"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `/usr/lib/ghc/${name}`);
  await runInLayer(root, ["ghc-pkg", `--global-package-db=/${place}`, "recache"], {
    writable: place,
    variables: { LD_LIBRARY_PATH: libraries.join(":") },
  });
};

const indexProlog = async (root: string): Promise<void> => {
  const place = "usr/lib/swi-prolog/library";
  if (!existsSync(join(root, place))) return;
  await runInLayer(root, ["swipl", "-q", "-g", "make_library_index(swi(library))", "-t", "halt"], {
    writable: place,
  });
};

/** A sandbox has small tables of its own bound over these names, which must be there for it. */
const makePlacesInEtc = (root: string): void => {
  for (const name of etcFiles) {
    rmSync(join(root, "etc", name), { recursive: true, force: true });
    writeFileSync(join(root, "etc", name), "");
  }
};

/** What of `/var` the layer needs is taken before the rest is thrown away; call it with the layer unpacked. */
export const keepVariable = (root: string, aside: string): void => {
  if (existsSync(join(root, "var"))) renameSync(join(root, "var"), aside);
};

/** Does what the packages' maintainer scripts would have done, without running any of them. */
export const fixLayer = async (root: string, variable: string): Promise<void> => {
  const usr = join(root, "usr");
  for (const entry of LINKS) link(usr, entry);
  for (const name of NEEDLESS) rmSync(join(usr, name), { recursive: true, force: true });
  linkAlternatives(root);
  copyRSettings(root);
  makePlacesInEtc(root);
  await indexHaskell(root, variable);
  await indexProlog(root);
};
