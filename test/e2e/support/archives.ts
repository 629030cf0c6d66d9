import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Files by their relative path. */
export type Tree = ReadonlyMap<string, Buffer>;

const run = (command: string, args: readonly string[], cwd: string): void => {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
};

const inFolder = <T>(use: (folder: string) => T): T => {
  const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-archive-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const lay = (tree: Tree, folder: string): void => {
  for (const [name, content] of tree) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
};

const packed = (tree: Tree, name: string, command: (target: string) => readonly [string, ...string[]]) =>
  inFolder((folder) => {
    const source = path.join(folder, "source");
    lay(tree, source);
    const target = path.join(folder, name);
    const [program, ...args] = command(target);
    run(program, args, source);
    return readFileSync(target);
  });

export const tarGz = (tree: Tree): Buffer =>
  packed(tree, "project.tar.gz", (target) => ["tar", "-czf", target, "."]);

/** Made by Python, which every machine that runs this has. */
export const zip = (tree: Tree): Buffer => {
  const names = [...new Set([...tree.keys()].map((name) => name.split("/")[0] ?? ""))];
  return packed(tree, "project.zip", (target) => ["python3", "-m", "zipfile", "-c", target, ...names]);
};

/** What is in a tar.gz, as the machine's own `tar` unpacks it. */
export const unpacked = (archive: Uint8Array): Map<string, Buffer> =>
  inFolder((folder) => {
    const file = path.join(folder, "archive.tar.gz");
    writeFileSync(file, archive);
    const target = path.join(folder, "target");
    mkdirSync(target);
    run("tar", ["-xzf", file], target);
    const names = readdirSync(target, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(path.join(target, name)).isFile())
      .sort();
    return new Map(names.map((name) => [name, readFileSync(path.join(target, name))]));
  });
