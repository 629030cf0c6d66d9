import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../../scripts/lib/local.ts";
import { nextVersion, ReleaseRefused, versionedFiles } from "../../../scripts/lib/release.ts";

const current: string = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).version;
let folder: string;

const at = (file: string): string => path.join(folder, file);
const read = (file: string): string => readFileSync(at(file), "utf8");
const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "core.hooksPath=", ...args], { cwd: folder, encoding: "utf8" }).trim();
const release = (...args: string[]) => {
  const script = path.join(root, "scripts/release.ts");
  return spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
};

/** A repository of its own with the real files that hold the version. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sandpiper-release-"));
  for (const file of Object.keys(versionedFiles)) {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    cpSync(path.join(root, file), at(file));
  }
  writeFileSync(
    at("CHANGELOG.md"),
    "# Changelog\n\n## Unreleased\n\n- New things.\n\n## 0.0.1\n\n- Old things.\n",
  );
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "Tester");
  git("config", "user.email", "tester@example.com");
  git("add", ".");
  git("commit", "--quiet", "--message", "Begin");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a release", () => {
  it.each([
    ["1.2.3", "patch", "1.2.4"],
    ["1.2.3", "minor", "1.3.0"],
    ["1.2.3", "major", "2.0.0"],
    ["1.9.3", "1.10.0", "1.10.0"],
  ])("after %s by %s is %s", (now, wanted, next) => expect(nextVersion(now, wanted)).toBe(next));

  it.each(["1.2.3", "1.2.2", "0.9.9", "1.3", "v1.3.0", "1.3.0-beta", "01.3.0", "", "prerelease"])(
    "after 1.2.3 cannot be %s",
    (wanted) => expect(() => nextVersion("1.2.3", wanted)).toThrow(ReleaseRefused),
  );

  it("is said but not made in a dry run", () => {
    const dry = release("minor", "--dry-run");
    expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining(nextVersion(current, "minor")) });
    expect(git("status", "--porcelain") + git("tag")).toBe("");
  });

  it("is refused where something is not committed, and leaves it alone", () => {
    writeFileSync(at("notes.txt"), "mine");
    expect(release("patch")).toMatchObject({ status: 1, stderr: expect.stringContaining("not committed") });
    expect(git("status", "--porcelain")).toBe("?? notes.txt");
    rmSync(at("notes.txt"));
  });

  it("puts everything back where git does not commit", () => {
    git("config", "core.hooksPath", at(".git/own-hooks"));
    mkdirSync(at(".git/own-hooks"));
    writeFileSync(at(".git/own-hooks/pre-commit"), "#!/bin/sh\necho not today >&2; exit 1\n", {
      mode: 0o755,
    });
    expect(release("patch")).toMatchObject({ status: 1, stderr: expect.stringContaining("not today") });
    expect(git("status", "--porcelain") + git("tag")).toBe("");
    git("config", "--unset", "core.hooksPath");
  });

  it("moves the changelog, sets the version everywhere, commits and tags, once", () => {
    const version = nextVersion(current, "minor");
    expect(release("minor")).toMatchObject({ status: 0, stderr: "" });
    const [, heading] = read("CHANGELOG.md").split("## Unreleased\n\n");
    expect(heading).toMatch(
      new RegExp(`^## ${version} \\(\\d{4}-\\d\\d-\\d\\d\\)\\n\\n- New things\\.\\n\\n## 0\\.0\\.1\\n`),
    );
    const lock = JSON.parse(read("package-lock.json"));
    const versions = [JSON.parse(read("package.json")).version, lock.version, lock.packages[""].version];
    expect(versions).toEqual([version, version, version]);
    expect(read("src/clients/python/pyproject.toml")).toContain(`\nversion = "${version}"\n`);
    expect(git("log", "-1", "--format=%s")).toBe(`Release ${version}`);
    expect(git("rev-parse", `v${version}^{commit}`)).toBe(git("rev-parse", "HEAD"));
    expect(git("diff", "--numstat", "HEAD~", "--", "package.json", "package-lock.json")).toMatch(
      /^1\t1\t.*\n?2\t2\t.*$|^2\t2\t.*\n1\t1\t.*$/,
    );
    expect(release("minor")).toMatchObject({ status: 1, stderr: expect.stringContaining("nothing under") });
  });
});

describe("the version of the project", () => {
  it("is the same in every file that holds it", () => {
    for (const [file, withVersion] of Object.entries(versionedFiles)) {
      const text = readFileSync(path.join(root, file), "utf8");
      expect(withVersion(text, current)).toBe(text);
    }
  });
});
