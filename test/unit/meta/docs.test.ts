import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readManifests } from "../../../executor/environments/manifest.ts";
import { root } from "../../../scripts/lib/local.ts";
import { namesIn, tableRows } from "./support/page-tables.ts";

const read = (file: string): Promise<string> => readFile(path.join(root, file), "utf8");

const pages = async (): Promise<string[]> => {
  const docs = await readdir(path.join(root, "docs"));
  const own = docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return ["README.md", "CONTRIBUTING.md", "SECURITY.md", "AGENTS.md", ...own];
};

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slugOf(heading));

const brokenLinks = async (page: string): Promise<string[]> => {
  const text = await read(page);
  const broken: string[] = [];
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const found = file === "" ? page : path.join(path.dirname(page), file);
    const isThere = existsSync(path.join(root, found));
    if (!isThere || (anchor !== undefined && !anchorsOf(await read(found)).includes(anchor)))
      broken.push(`${page}: ${target}`);
  }
  return broken;
};

describe("the documentation", () => {
  it("has links that lead somewhere", async () => {
    const broken = await Promise.all((await pages()).map(brokenLinks));
    expect(broken.flat()).toEqual([]);
  });

  it("begins with a README of at most 200 lines that leads to each page", async () => {
    const readme = await read("README.md");
    expect(readme.split("\n").length).toBeLessThanOrEqual(200);
    const linked = new Set<string>();
    const open = ["README.md"];
    for (let page = open.pop(); page !== undefined; page = open.pop()) {
      if (linked.has(page)) continue;
      linked.add(page);
      const from = path.dirname(page);
      for (const [, target = ""] of (await read(page)).matchAll(/\]\(([^)\s#:]+\.md)/g))
        open.push(path.join(from, target));
    }
    expect((await pages()).filter((page) => !linked.has(page) && page !== "AGENTS.md")).toEqual([]);
  });

  it("names each environment of the project on the page of environments, and no other", () => {
    expect(namesIn(tableRows("docs/environments.md", "Name", "Holds"))).toEqual(
      [...readManifests().keys()].sort(),
    );
  });
});
