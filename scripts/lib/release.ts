/** What a release is called by its part that grows, or by itself. */
const PARTS: readonly string[] = ["major", "minor", "patch"];
const VERSION = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$/;

/** A release that cannot be made; the message says what to do about it. */
export class ReleaseRefused extends Error {}

const numbersOf = (version: string): number[] | null => VERSION.exec(version)?.slice(1).map(Number) ?? null;

const isAbove = (one: readonly number[], other: readonly number[]): boolean => {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
};

/**
 * The version after `current`: by `patch`, `minor` or `major`, or the X.Y.Z that is given.
 * @throws ReleaseRefused when that is neither, or is not above the current one
 */
export const nextVersion = (current: string, wanted: string): string => {
  const now = numbersOf(current);
  if (now === null) throw new ReleaseRefused(`package.json has the version ${current}, which is not X.Y.Z.`);
  const part = PARTS.indexOf(wanted);
  if (part >= 0)
    return now.map((number, index) => (index < part ? number : index === part ? number + 1 : 0)).join(".");
  const given = numbersOf(wanted);
  if (given === null) throw new ReleaseRefused(`A release is patch, minor, major or X.Y.Z, not ${wanted}.`);
  if (!isAbove(given, now)) throw new ReleaseRefused(`${wanted} is not above ${current}.`);
  return wanted;
};

/**
 * The changelog with what was unreleased under the version and its date, and room for what comes next.
 * @throws ReleaseRefused when there is nothing unreleased
 */
export const releasedChangelog = (text: string, version: string, date: string): string => {
  const [, before, entries, after] = /^(.*?\n## Unreleased\n)(.*?)(\n## .*)?$/s.exec(text) ?? [];
  if (before === undefined || entries === undefined)
    throw new ReleaseRefused("CHANGELOG.md has no heading ## Unreleased.");
  if (!/^- /m.test(entries)) throw new ReleaseRefused("CHANGELOG.md has nothing under ## Unreleased.");
  return `${before}\n## ${version} (${date})\n${entries}${after ?? ""}`;
};

const replaceOnce = (file: string, text: string, pattern: RegExp, version: string): string => {
  if (!pattern.test(text)) throw new ReleaseRefused(`${file} has no version where it should be.`);
  return text.replace(pattern, (_whole, before: string, after: string) => `${before}${version}${after}`);
};

const inManifest = (file: string) => (text: string, version: string) =>
  replaceOnce(file, text, /^(\{.*?\n {2}"version": ")[^"]*(")/s, version);

const inLock = (text: string, version: string): string =>
  replaceOnce(
    "package-lock.json",
    inManifest("package-lock.json")(text, version),
    /(\n {4}"": \{.*?\n {6}"version": ")[^"]*(")/s,
    version,
  );

const inPyproject = (text: string, version: string): string =>
  replaceOnce("pyproject.toml", text, /(^version = ")[^"]*(")/m, version);

/** The files that hold the version, and how each of them takes another. */
export const versionedFiles: Readonly<Record<string, (text: string, version: string) => string>> = {
  "package.json": inManifest("package.json"),
  "package-lock.json": inLock,
  "src/clients/python/pyproject.toml": inPyproject,
};
