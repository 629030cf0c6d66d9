import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;
const NODE = "opt/node/bin/node";
const VARIABLES = { HOME: "/tmp", LANG: "C.UTF-8", PATH: "/opt/node/bin:/usr/bin:/bin" };

interface LayerOptions {
  /** A folder of the layer that the program may change. */
  readonly writable?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a program wants of a system beside `usr` and `etc`, for as long as it runs. */
const withPlaces = async <T>(root: string, use: () => Promise<T>): Promise<T> => {
  const links = ["bin", "lib", "lib64"].filter((name) => !existsSync(join(root, name)));
  const folders = ["opt", "tmp", "dev"].filter((name) => !existsSync(join(root, name)));
  try {
    for (const name of links) symlinkSync(`usr/${name}`, join(root, name));
    for (const name of [...folders, dirname(NODE)]) mkdirSync(join(root, name), { recursive: true });
    copyFileSync(process.execPath, join(root, NODE));
    await run("mknod", ["-m", "666", join(root, "dev/null"), "c", "1", "3"]);
    return await use();
  } finally {
    for (const name of [...links, ...folders]) rmSync(join(root, name), { recursive: true });
  }
};

const tryToIsolate = async (): Promise<boolean> => {
  try {
    await run("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--", "/bin/true"]);
    return true;
  } catch {
    return false;
  }
};
let isolates: Promise<boolean> | null = null;

/** Whether a sandbox can be made here. An engine that builds an image lets nobody make one. */
export const canIsolate = (): Promise<boolean> => {
  isolates ??= tryToIsolate();
  return isolates;
};

const inChroot = (root: string, argv: readonly string[], { variables }: LayerOptions) => {
  const set = Object.entries({ ...VARIABLES, ...variables }).map(([name, value]) => `${name}=${value}`);
  return withPlaces(root, () =>
    run("chroot", [root, "/usr/bin/env", "-i", ...set, ...argv], { timeout: TIMEOUT_MS }),
  );
};

const inSandbox = (
  root: string,
  argv: readonly string[],
  { writable, variables }: LayerOptions,
): Promise<{ stdout: string; stderr: string }> => {
  const flags = [
    ..."--unshare-all --die-with-parent --new-session --clearenv".split(" "),
    ...["--ro-bind", join(root, "usr"), "/usr", "--ro-bind", join(root, "etc"), "/etc"],
    ...(writable === undefined ? [] : ["--bind", join(root, writable), `/${writable}`]),
    ..."--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64".split(" "),
    ...["--ro-bind", process.execPath, `/${NODE}`, "--proc", "/proc", "--dev", "/dev"],
    ...["--tmpfs", "/tmp", "--chdir", "/tmp"],
    ...Object.entries({ ...VARIABLES, ...variables }).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
  return run("bwrap", [...flags, "--", ...argv], { timeout: TIMEOUT_MS });
};

/**
 * Runs a program of a layer with the layer as its system; returns what it printed on both. It has no network, and
 * sees the layer alone; where an image is built and no sandbox can be made, it has the layer as its root folder and
 * no /proc, without which some tools do not start.
 */
export const runInLayer = async (
  root: string,
  argv: readonly string[],
  options: LayerOptions = {},
): Promise<string> => {
  const { stdout, stderr } = await ((await canIsolate()) ? inSandbox : inChroot)(root, argv, options);
  return `${stdout}${stderr}`;
};
