import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "../../../scripts/lib/local.ts";

const execute = promisify(execFile);

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end; a failure is an answer as well. */
export const runProgram = async (
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> => {
  const env = { ...process.env, NO_COLOR: "1", ...options.env };
  try {
    const done = await execute(file, args, { cwd: options.cwd, env, maxBuffer: 16 * 1024 * 1024 });
    return { code: 0, ...done };
  } catch (error) {
    const { code = 1, stdout = "", stderr = String(error) } = error as Partial<Ran>;
    return { code: Number(code), stdout, stderr };
  }
};

const passed = async (file: string, args: readonly string[], cwd: string): Promise<string> => {
  const { code, stdout, stderr } = await runProgram(file, args, { cwd });
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} failed.\n${stdout}\n${stderr}`);
  return stdout;
};

export type Project = {
  readonly folder: string;
  /** What the tarball holds. */
  readonly packed: readonly string[];
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
};

/** An empty project into which nothing but the packed package was installed. */
export const projectWithPackage = async (): Promise<Project> => {
  const folder = await mkdtemp(path.join(tmpdir(), "sandpiper-project-"));
  const answer = await passed("npm", ["pack", "--silent", "--json", "--pack-destination", folder], root);
  const packs = JSON.parse(answer.slice(answer.indexOf("["))) as {
    filename: string;
    files: { path: string }[];
  }[];
  const [pack] = packs;
  if (pack === undefined) throw new Error("npm pack told of no package");
  const manifest = { name: "project", private: true, type: "module" };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await passed("npm", ["install", ...flags, `./${pack.filename}`], folder);
  return {
    folder,
    packed: pack.files.map((file) => file.path),
    write: async (name, text) => {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
};
