import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { nextVersion, ReleaseRefused, releasedChangelog, versionedFiles } from "./lib/release.ts";

const usage = `Usage: npm run release -- patch|minor|major|X.Y.Z [--dry-run]

Makes a release of what is committed: puts the unreleased part of CHANGELOG.md under the version and today's
date (UTC), sets the version in ${Object.keys(versionedFiles).join(", ")},
commits, and tags the commit vX.Y.Z. Nothing is pushed. It wants a clean tree on a branch.

  --dry-run  only say what would be done
`;
const CHANGELOG = "CHANGELOG.md";

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Runs git here, in the project that the command was called in. @throws ReleaseRefused with git's own words */
const git = (...args: readonly string[]): string => {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } catch (error) {
    const words = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new ReleaseRefused(`git ${args[0]} failed: ${words}`);
  }
};

const checkTree = (tag: string): void => {
  if (git("status", "--porcelain") !== "")
    throw new ReleaseRefused("The tree has changes that are not committed: commit them, or put them aside.");
  if (git("branch", "--show-current") === "")
    throw new ReleaseRefused("No branch is checked out, so the release's commit would be on none.");
  if (git("tag", "--list", tag) !== "") throw new ReleaseRefused(`The tag ${tag} is there already.`);
};

/** The files of the release, by name; nothing is written before all of them could be made. */
const filesOf = (version: string): ReadonlyMap<string, string> => {
  const date = new Date().toISOString().slice(0, 10);
  const versioned = Object.entries(versionedFiles).map(
    ([file, withVersion]) => [file, withVersion(readFileSync(file, "utf8"), version)] as const,
  );
  return new Map([
    [CHANGELOG, releasedChangelog(readFileSync(CHANGELOG, "utf8"), version, date)],
    ...versioned,
  ]);
};

const commit = (files: ReadonlyMap<string, string>, version: string, tag: string): void => {
  const names = [...files.keys()];
  try {
    for (const [file, text] of files) writeFileSync(file, text);
    git("commit", "--quiet", "--message", `Release ${version}`, "--", ...names);
  } catch (error) {
    git("checkout", "--quiet", "HEAD", "--", ...names);
    throw error;
  }
  git("tag", "--annotate", tag, "--message", `Sandpiper ${version}`);
};

const release = (wanted: string, isDry: boolean): void => {
  const current: string = JSON.parse(readFileSync("package.json", "utf8")).version;
  const version = nextVersion(current, wanted);
  const tag = `v${version}`;
  checkTree(tag);
  const files = filesOf(version);
  say(`${current} -> ${version}: ${[...files.keys()].join(", ")}`);
  if (isDry) {
    say(`Would commit "Release ${version}" and tag it ${tag}. Nothing was changed.`);
    return;
  }
  commit(files, version, tag);
  say(`Committed and tagged ${tag}. To publish it: git push --follow-tags`);
};

const read = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { "dry-run": { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};

const asked = read();
if ("problem" in asked || (!asked.values.help && asked.positionals.length !== 1)) {
  process.stderr.write(`${"problem" in asked ? asked.problem : "Which version?"}\n${usage}`);
  process.exitCode = 2;
} else if (asked.values.help) {
  process.stdout.write(usage);
} else {
  try {
    release(asked.positionals[0] ?? "", asked.values["dry-run"]);
  } catch (error) {
    if (!(error instanceof ReleaseRefused)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
