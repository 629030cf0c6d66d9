import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";

const IMPORTED = /(?:from|import)\s+"([^"]+)"/g;

/** Every module that a file of ours imports, directly or not; packages by their name. */
const importsOf = async (entry: string): Promise<Set<string>> => {
  const found = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const [, name = ""] of (await readFile(path.join(root, file), "utf8")).matchAll(IMPORTED)) {
      const target = name.startsWith(".") ? path.join(path.dirname(file), name) : name;
      if (found.has(target)) continue;
      found.add(target);
      if (name.startsWith(".")) open.push(target);
    }
  }
  return found;
};

describe("the client", () => {
  test("brings nothing of the service along but the shared schemas", async () => {
    const imports = [...(await importsOf("src/client/index.ts"))];
    expect(imports).toContain("src/wire/run-answers.ts");
    const others = imports.filter((name) => !/^src\/(client|wire)\//.test(name));
    expect(others).toEqual(["zod"]);
  });
});
