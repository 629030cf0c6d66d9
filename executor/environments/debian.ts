import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What every machine that runs jobs has, and so no layer needs. */
const BASE_PACKAGES = ["python3", "bash", "coreutils", "tar", "util-linux", "libstdc++6"];

/** Compilers, headers, desktop parts and system accounts: packages drag them in, running programs do not. */
const NEEDLESS = [
  /-dev$/,
  /^(gcc|g\+\+|cpp|binutils)(-|$)/,
  /^lib(asan|lsan|tsan|ubsan|itm|cc1|ctf|gprofng|binutils)/,
  /^libjs-/,
  /^(passwd|adduser|lsb-base|x11-common|sysvinit-utils|python3-pythran|fonts-lyx|python3-lib2to3)$/,
];

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

const simulateInstall = async (statusFile: string, names: readonly string[]) => {
  const options = ["-s", "-o", `Dir::State::status=${statusFile}`, "-o", "APT::Sandbox::User="];
  const { stdout } = await run(
    "apt-get",
    [...options, "install", "-y", "--no-install-recommends", ...names],
    { maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: "C" } },
  );
  return [...stdout.matchAll(/^Inst (\S+) (?:\[[^\]]*\] )?\((\S+)/gm)].map(([, name = "", version = ""]) => ({
    name,
    version,
  }));
};

/** The installed packages of these names as a status file of their own. */
const selectStatus = (names: ReadonlySet<string>): string =>
  readFileSync("/var/lib/dpkg/status", "utf8")
    .split("\n\n")
    .filter((stanza) => {
      const name = /^Package: (\S+)$/m.exec(stanza)?.[1];
      return name !== undefined && names.has(name) && stanza.includes("Status: install ok installed");
    })
    .map((stanza) => `${stanza}\n\n`)
    .join("");

/**
 * The packages that have to be added to the base for these to work, found by apt itself against a pretended
 * machine that has the base only: so a layer is the same wherever it is built.
 */
export const resolvePackages = async (names: readonly string[]): Promise<readonly DebianPackage[]> => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-apt-"));
  try {
    const statusFile = join(folder, "status");
    writeFileSync(statusFile, "");
    const base = new Set((await simulateInstall(statusFile, BASE_PACKAGES)).map(({ name }) => name));
    writeFileSync(statusFile, selectStatus(base));
    const found = await simulateInstall(statusFile, names);
    return found.filter(({ name }) => !base.has(name) && !NEEDLESS.some((pattern) => pattern.test(name)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * These packages with everything that they need and a machine's base, as apt would install them on an empty
 * machine: what a whole `/usr` is made of.
 */
export const resolveWhole = async (names: readonly string[]): Promise<readonly DebianPackage[]> => {
  const folder = mkdtempSync(join(tmpdir(), "sandpiper-apt-"));
  try {
    const statusFile = join(folder, "status");
    writeFileSync(statusFile, "");
    return await simulateInstall(statusFile, [...BASE_PACKAGES, ...names]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const archiveOf = (folder: string, { name, version }: DebianPackage): string | undefined => {
  const start = `${name}_${version.replaceAll(":", "%3a")}_`;
  return readdirSync(folder).find((file) => file.startsWith(start));
};

/** Downloads what is not there yet, a few packages a call; returns the archives' paths in order. */
export const downloadPackages = async (
  packages: readonly DebianPackage[],
  folder: string,
  onProgress: (done: number) => void,
): Promise<readonly string[]> => {
  mkdirSync(folder, { recursive: true });
  const missing = packages.filter((wanted) => archiveOf(folder, wanted) === undefined);
  const batchSize = 20;
  for (let at = 0; at < missing.length; at += batchSize) {
    onProgress(packages.length - missing.length + at);
    const batch = missing.slice(at, at + batchSize).map(({ name, version }) => `${name}=${version}`);
    const options = ["-q", "-o", "APT::Sandbox::User=root", "download", ...batch];
    await run("apt-get", options, { cwd: folder, maxBuffer: MAX_OUTPUT_BYTES });
  }
  return packages.map((wanted) => {
    const file = archiveOf(folder, wanted);
    if (file === undefined) throw new Error(`${wanted.name} ${wanted.version} was not downloaded`);
    return join(folder, file);
  });
};

/** Unpacks archives over each other; nothing of them is run. */
export const unpackPackages = async (archives: readonly string[], root: string): Promise<void> => {
  for (const archive of archives) await run("dpkg-deb", ["-x", archive, root]);
  // Debian's layout joins these with usr; a layer is searched under usr only.
  for (const name of ["lib", "lib64", "bin", "sbin"]) {
    if (existsSync(join(root, name))) await run("cp", ["-a", `${root}/${name}/.`, `${root}/usr/${name}/`]);
  }
};
