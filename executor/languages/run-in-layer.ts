import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/** Runs a program of a layer with the layer as its system and no network; returns what it printed on both. */
export const runInLayer = async (
  root: string,
  argv: readonly string[],
  { writable, variables = {} }: { writable?: string; variables?: Readonly<Record<string, string>> } = {},
): Promise<string> => {
  const flags = [
    ..."--unshare-all --die-with-parent --new-session --clearenv".split(" "),
    ...["--ro-bind", join(root, "usr"), "/usr", "--ro-bind", join(root, "etc"), "/etc"],
    ...(writable === undefined ? [] : ["--bind", join(root, writable), `/${writable}`]),
    ..."--symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64".split(" "),
    ...["--ro-bind", process.execPath, "/opt/node/bin/node", "--proc", "/proc", "--dev", "/dev"],
    ...["--tmpfs", "/tmp", "--chdir", "/tmp", "--setenv", "HOME", "/tmp", "--setenv", "LANG", "C.UTF-8"],
    ...["--setenv", "PATH", "/opt/node/bin:/usr/bin:/bin"],
    ...Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
  const { stdout, stderr } = await run("bwrap", [...flags, "--", ...argv], { timeout: TIMEOUT_MS });
  return `${stdout}${stderr}`;
};
