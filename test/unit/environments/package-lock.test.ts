import { describe, expect, it } from "vitest";
import { readLock } from "../../../executor/environments/package-lock.ts";

const good = {
  version: "1.0.0",
  resolved: "https://registry.example/a/-/a-1.0.0.tgz",
  integrity: "sha512-YQ==",
};
const lock = (packages: Record<string, unknown>, lockfileVersion: unknown = 3): string =>
  JSON.stringify({
    lockfileVersion,
    packages: { "": { dependencies: { a: "1" }, devDependencies: { d: "1" } }, ...packages },
  });
const problem = (text: string): string => {
  try {
    readLock("package-lock.json", text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

describe("a lock file", () => {
  it("says what the project asks for", () => {
    const nested = {
      "node_modules/a/node_modules/@s/b": good,
      "node_modules/a/node_modules/c": { inBundle: true, version: "1" },
    };
    const dev = { "node_modules/d": { dev: true, version: "1", resolved: "git+ssh://x/y.git" } };
    const { asked } = readLock("package-lock.json", lock({ "node_modules/a": good, ...nested, ...dev }));
    expect(asked).toEqual(["a 1.0.0"]);
  });

  it("needs no address where the registry's is meant", () => {
    const { resolved: _address, ...unsaid } = good;
    expect(readLock("package-lock.json", lock({ "node_modules/a": unsaid })).asked).toEqual(["a 1.0.0"]);
  });

  it.each([
    [{ ...good, integrity: undefined }, "integrity"],
    [{ ...good, integrity: "sha1-YQ==" }, "integrity"],
    [{ ...good, resolved: "git+ssh://git@example.com/x.git#1" }, "comes from git+ssh"],
    [{ ...good, resolved: "file:../x.tgz" }, "comes from file:"],
    [{ link: true, resolved: "../x" }, "is a link"],
  ])("is refused by its entry: %j", (entry, says) => {
    expect(problem(lock({ "node_modules/a": entry }))).toContain('"node_modules/a"');
    expect(problem(lock({ "node_modules/a": entry }))).toContain(says);
  });

  it("is refused where it is no lock of packages", () => {
    expect(problem("{")).toContain("not JSON");
    expect(problem("[]")).toContain("package-lock.json: ");
    expect(problem(lock({}, 1))).toContain("lockfileVersion must be 2 or 3");
    expect(problem(lock({ "packages/own": good }))).toContain('"packages/own" is a folder');
    expect(problem(lock({ "node_modules/../../x": good }))).toContain("is a folder");
    expect(problem(JSON.stringify({ lockfileVersion: 3, packages: { "": {} } }))).toContain("no package");
  });
});
