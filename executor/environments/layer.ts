import { execFile } from "node:child_process";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where a layer keeps Python's modules and Node's, relative to its root. */
export const PYTHON_PATH = "usr/lib/python3/dist-packages";
export const NODE_MODULES = "usr/lib/node_modules";
const KEPT = ["usr", "etc"];
const PRUNED = ["doc", "man", "locale", "lintian", "info", "bash-completion", "applications", "icons", "bug"];

const isFolder = (path: string): boolean => existsSync(path) && lstatSync(path).isDirectory();

/** Plain files at every depth; a link to a folder, which may be a circle, is not gone through. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });

const libraryFolder = (root: string): string | null => {
  const lib = join(root, "usr/lib");
  if (!isFolder(lib)) return null;
  const found = readdirSync(lib).find((name) => name.endsWith("-linux-gnu"));
  return found === undefined ? null : join(lib, found);
};

/** Takes out documentation, and what lies outside of the searched folders. */
export const pruneDocuments = (root: string): void => {
  for (const name of readdirSync(root)) {
    if (!KEPT.includes(name)) rmSync(join(root, name), { recursive: true, force: true });
  }
  for (const name of PRUNED) rmSync(join(root, "usr/share", name), { recursive: true, force: true });
};

/** Takes out what no program reads that is not compiled. */
export const prune = (root: string): void => {
  pruneDocuments(root);
  rmSync(join(root, "usr/include"), { recursive: true, force: true });
};

/**
 * Packages that replace each other (BLAS, LAPACK) keep their library in a folder of their own, and a script
 * that is not run here would link it: the first that is found serves.
 */
export const linkAlternatives = (root: string): void => {
  const folder = libraryFolder(root);
  if (folder === null) return;
  for (const choice of ["openblas-pthread", "blas", "lapack"]) {
    if (!isFolder(join(folder, choice))) continue;
    for (const file of readdirSync(join(folder, choice))) {
      const link = join(folder, file);
      if (/\.so\.\d+$/.test(file) && !existsSync(link)) symlinkSync(join(choice, file), link);
    }
  }
};

/** Links with absolute targets point at the machine: those whose target is in the layer are turned there. */
export const turnLinks = (root: string): void => {
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = readlinkSync(path);
    if (!target.startsWith("/") || !existsSync(join(root, target))) continue;
    rmSync(path);
    symlinkSync(relative(dirname(path), join(root, target)), path);
  }
};

/** Python code of Debian's names its data below /usr/share and /etc: it is told where the layer will lie. */
export const relocate = (root: string, target: string): void => {
  const folder = join(root, PYTHON_PATH);
  if (!isFolder(folder)) return;
  for (const path of filesBelow(folder).filter((file) => file.endsWith(".py"))) {
    const text = readFileSync(path, "utf8");
    const moved = text.replaceAll(/(["'])(\/(?:usr\/share|etc)\/([\w.-]+))/g, (whole, quote, place) =>
      existsSync(join(root, place)) ? `${quote}${target}${place}` : whole,
    );
    if (moved !== text) writeFileSync(path, moved);
  }
};

/** Byte code cannot be kept where nothing can be written, so it is made ahead of time. */
export const compilePython = async (root: string, target: string): Promise<void> => {
  const folder = join(root, PYTHON_PATH);
  if (!isFolder(folder)) return;
  const options = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];
  await run("/usr/bin/python3", [...options, "-s", root, "-p", target, folder]).catch((error: unknown) => {
    // Its status is 1 when some file is of another Python version, which packages do ship.
    if (!(error instanceof Error && "code" in error && error.code === 1)) throw error;
  });
};

/** Space on disk, files with several names counted once. */
export const diskBytes = (root: string): number =>
  [...new Map(filesBelow(root).map((path) => [lstatSync(path).ino, lstatSync(path).blocks])).values()].reduce(
    (sum, blocks) => sum + blocks * 512,
    0,
  );

/** Variables that libraries need to find their settings in a layer, because /etc is not the layer's. */
export const settingsVariables = (root: string, target: string): Record<string, string> =>
  existsSync(join(root, "etc/fonts/fonts.conf")) ? { FONTCONFIG_PATH: `${target}/etc/fonts` } : {};

const holdsLibraries = (folder: string | null): folder is string =>
  folder !== null && isFolder(folder) && readdirSync(folder).some((name) => /\.so(\.|$)/.test(name));

/** Where a program of this layer looks for modules, programs and libraries, relative to its root. */
export const searchPaths = (root: string) => {
  const folder = libraryFolder(root);
  return {
    pythonPath: isFolder(join(root, PYTHON_PATH)) ? [PYTHON_PATH] : [],
    nodeModules: isFolder(join(root, NODE_MODULES)) ? NODE_MODULES : null,
    path: ["usr/bin", `${NODE_MODULES}/.bin`].filter((path) => isFolder(join(root, path))),
    libraryPath: [folder, join(root, "usr/lib")].filter(holdsLibraries).map((path) => relative(root, path)),
  };
};
