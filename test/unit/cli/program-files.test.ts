import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { programFiles } from "../../../src/cli/user/program-files.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sandpiper-files-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text = "x"): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
const sent = async (options?: { ignores: boolean }) =>
  (await programFiles(folder, options)).files.map((file) => file.path);

describe("the files of a program", () => {
  it("are those that git would not leave out, inner rules before outer ones", async () => {
    write(".gitignore", "# logs\n*.log\n/build/\n.env\ndata/*\n!data/kept\n");
    write("sub/.gitignore", "!kept.log\nother/\n");
    for (const name of ["a.log", "build/b", ".env", "data/kept", "data/large", "main.py"]) write(name);
    for (const name of ["kept.log", "b.log", "build/c", "other/d", ".env"]) write(`sub/${name}`);
    expect(await sent()).toEqual([
      ".gitignore",
      "data/kept",
      "main.py",
      "sub/.gitignore",
      "sub/build/c",
      "sub/kept.log",
    ]);
    expect((await programFiles(folder)).ignored).toBe(7);
    expect(await sent({ ignores: false })).toHaveLength(13);
  });

  it("leave out what belongs to tools, whatever is asked", async () => {
    for (const name of ["main.py", ".git/config", "node_modules/a/index.js", "sub/__pycache__/x.pyc"])
      write(name);
    expect(await sent({ ignores: false })).toEqual(["main.py"]);
  });

  it("are what links point to, and a link that cannot be followed is named", async () => {
    write("main.py");
    write("shared/x");
    symlinkSync("shared", path.join(folder, "linked"));
    symlinkSync("nowhere", path.join(folder, "unused"));
    write(".gitignore", "unused\n");
    expect(await sent()).toEqual([".gitignore", "linked/x", "main.py", "shared/x"]);
    const link = path.join(folder, "shared/link");
    for (const [target, why] of [
      ["..", "leads around in a circle"],
      ["link", "leads around in a circle"],
      ["nowhere", "to what is not there"],
    ] as const) {
      symlinkSync(target, link);
      await expect(programFiles(folder)).rejects.toThrow(new RegExp(`link/? is a link.*${why}`));
      rmSync(link);
    }
  });

  it("are at least one", async () => {
    write(".gitignore", "*\n");
    await expect(programFiles(folder)).rejects.toThrow("has no file to send");
    await expect(programFiles(path.join(folder, "none"))).rejects.toThrow("There is no");
  });
});
