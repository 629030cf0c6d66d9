import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Archive,
  environments,
  type Index,
  locked,
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
    two: wheel(folder, "two", [["two.py", "x"]], { tag: "py2-none-any" }),
    newer: { ...wheel(folder, "newer", [["n.py", "x"]]), said: 'data-requires-python="&gt;=3.99"' },
    renamed: wheel(folder, "renamed", [["r.py", "x"]], { metadata: { name: "other", version: "1.0" } }),
    older: wheel(folder, "older", [["o.py", "x"]], { metadata: { name: "older", version: "0.9" } }),
    needs: wheel(folder, "needs", [["needs.py", "x"]], { requires: "huge" }),
  });
  const manifest = (name: string) => JSON.stringify({ name, version: "1.0.0" });
  archives.large = await tarGz("large-1.0.0.tgz", [
    ["package/package.json", manifest("large")],
    ["package/large.bin", "0123456789abcdef", 1024 * 1024],
  ]);
  const held = await tarGz("held-1.0.0.tgz", [["package/package.json", manifest("held")]]);
  archives.held = { ...held, isHeld: true };
  index = await serveArchives(Object.values(archives));
}, 60_000);

afterAll(() => {
  index.close();
  rmSync(folder, { recursive: true, force: true });
});

const pin = (name: string, hash = sha256(archives[name] as Archive)): string =>
  `${name}==1.0 --hash=sha256:${hash}\n`;

const build = async (name: string, pinned = pin(name)) => {
  const file = join(folder, `${name}.txt`);
  writeFileSync(file, pinned);
  const args = ["build", `of-${name}`, "--requirements", file, "--max-mb", "8"];
  return environments(args, { folder: built(), url: index.url });
};

describe("an environment is not built", () => {
  it.concurrent.each([
    ["huge", "above --max-mb 8; the largest is huge-1.0-py3-none-any.whl with 17 MB"],
    ["foreign", "wheels for other systems cannot be used"],
    ["two", "wheels for other systems cannot be used"],
    ["newer", "Requires-Python >=3.99"],
    ["older", "expected '1.0', but metadata has '0.9'"],
    ["source", "source archives are not built"],
    ["needs", "huge from http"],
  ])("of the wheel %s, and its owner learns why", async (name, says) => {
    const { code, stderr } = await build(name);
    expect(stderr).toContain(says);
    expect(code).toBe(1);
    expect(readdirSync(built()).filter((left) => left.includes(name))).toEqual([]);
    expect(existsSync(touched())).toBe(false);
  });

  it.concurrent("of wheels whose content is wrong, and its owner learns of all of them", async () => {
    const { code, stderr } = await build(
      "wicked",
      ["outside", "twice", "renamed"].map((name) => pin(name)).join(""),
    );
    expect(stderr).toContain("outside-1.0-py3-none-any.whl: the entry '../../escaped.py' would lie outside");
    expect(stderr).toContain("twice-1.0-py3-none-any.whl: the entry 'twice.py' is there twice");
    expect(stderr).toContain("renamed-1.0-py3-none-any.whl: its METADATA says other 1.0");
    expect(code).toBe(1);
    expect(readdirSync(built()).filter((left) => left.includes("wicked"))).toEqual([]);
  });

  it.concurrent("of a wheel with another content than was pinned", async () => {
    const { stderr } = await build("wrong", pin("twice", "0".repeat(64)));
    expect(stderr).toContain("Got        ");
  });

  it.concurrent("of npm packages that are too large, and npm does not go on until all are there", async () => {
    const large = archives.large as Archive;
    const held = archives.held as Archive;
    const packages = {
      "": { dependencies: { large: "1.0.0", held: "1.0.0" } },
      "node_modules/large": locked("1.0.0", large, index.url),
      "node_modules/held": locked("1.0.0", held, index.url),
    };
    const file = join(folder, "package-lock.json");
    writeFileSync(file, JSON.stringify({ name: "own", lockfileVersion: 3, requires: true, packages }));
    const args = ["build", "of-large", "--package-lock", file, "--max-mb", "8"];
    const { code, stderr } = await environments(args, { folder: built(), url: index.url });
    expect(stderr).toContain("above --max-mb 8; npm was ended before all was there");
    expect(code).toBe(1);
    expect(readdirSync(built()).filter((left) => left.includes("large"))).toEqual([]);
  });
});
