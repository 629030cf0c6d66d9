import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Archive,
  environments,
  type Index,
  serveArchives,
  sha256,
  tarGz,
  wheel,
} from "../../support/package-indexes.ts";

let folder: string;
let index: Index;
const archives: Record<string, Archive> = {};
const built = (): string => join(folder, "built");
const touched = (): string => join(folder, "touched");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandpiper-wheels-"));
  mkdirSync(built());
  const setup = `open(${JSON.stringify(touched())}, "w").close()\n`;
  Object.assign(archives, {
    outside: wheel(folder, "outside", [
      ["outside.py", "x"],
      ["../../escaped.py", "x"],
    ]),
    twice: wheel(folder, "twice", [
      ["twice.py", "a"],
      ["twice.py", "b"],
    ]),
    huge: wheel(folder, "huge", [["huge.bin", "0123456789abcdef", 1024 * 1024]]),
    foreign: wheel(folder, "foreign", [["foreign.py", "x"]], { tag: "cp27-none-win32" }),
    source: await tarGz("source-1.0.tar.gz", [["source-1.0/setup.py", setup]]),
    needs: wheel(folder, "needs", [["needs.py", "x"]], { requires: "huge" }),
  });
  index = await serveArchives(Object.values(archives));
}, 60_000);

afterAll(() => {
  index.close();
  rmSync(folder, { recursive: true, force: true });
});

const build = async (name: string, hash = sha256(archives[name] as Archive)) => {
  const file = join(folder, `${name}.txt`);
  writeFileSync(file, `${name}==1.0 --hash=sha256:${hash}\n`);
  const args = ["build", `of-${name}`, "--requirements", file, "--max-mb", "8"];
  return environments(args, { folder: built(), url: index.url });
};

describe("an environment is not built", () => {
  it.concurrent.each([
    ["outside", "the entry '../../escaped.py' would lie outside"],
    ["twice", "the entry 'twice.py' is there twice"],
    ["huge", "above --max-mb 8; the largest is huge-1.0-py3-none-any.whl with 17 MB"],
    ["foreign", "wheels for other systems cannot be used"],
    ["source", "source archives are not built"],
    ["needs", "huge from http"],
  ])("of the wheel %s, and its owner learns why", async (name, says) => {
    const { code, stderr } = await build(name);
    expect(stderr).toContain(says);
    expect(code).toBe(1);
    expect(readdirSync(built()).filter((left) => left.includes(name))).toEqual([]);
    expect(existsSync(touched())).toBe(false);
  });

  it.concurrent("of a wheel with another content than was pinned", async () => {
    const { stderr } = await build("twice", "0".repeat(64));
    expect(stderr).toContain("Got        ");
  });
});
