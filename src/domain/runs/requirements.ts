import type { EnvironmentInfo } from "../../wire/attempt.ts";
import type { Refused } from "./types.ts";

type Wanted = { readonly name: string; readonly version: string | null };

const LISTED = 10;
const READ_LINES = 1_000;
const READ_CHARS = 200;
const BUILD =
  "whoever runs the service builds one: npm run environments -- build NAME --requirements requirements.txt " +
  "(or --package-lock package-lock.json)";

/** Names that registries do not tell apart. */
const plainName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, "-");

/** `numpy==2.1`, `Pillow[x]>=9 ; ...`, `left-pad@1.3.0`, `@scope/name@^1`: the name, and the version where it is pinned. */
const wantedOf = (line: string): Wanted | null => {
  const found = /^(@?[\p{L}\d][\p{L}\d._/-]*)\s*(?:\[[^\]]*\])?\s*(?:(?:===?|@)\s*v?(\d[^\s;,]*))?/u.exec(
    line.slice(0, READ_CHARS),
  );
  return found === null ? null : { name: plainName(found[1] ?? ""), version: found[2] ?? null };
};

/** Without the epoch and the revision that Debian puts around a version. */
const plainVersion = (version: string): string => version.replace(/^\d+:/, "").replace(/[+-][^+]*$/, "");

/** An environment's packages as programs know them: Debian's names begin with what they are for. */
const packagesOf = ({ packages, description }: EnvironmentInfo): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const word of description.split(/[^\p{L}\d_.-]+/u)) found.set(plainName(word.replace(/\.$/, "")), "");
  for (const line of packages) {
    const [name = "", version = ""] = line.split(" ");
    for (const known of [name, name.replace(/^(?:python3|node)-/, "")]) found.set(plainName(known), version);
  }
  return found;
};

const hasVersion = (wanted: string, there: string): boolean =>
  there === wanted || plainVersion(there) === wanted || there === "";

const describeWith = (
  { name }: EnvironmentInfo,
  all: readonly Wanted[],
  known: ReadonlyMap<string, string>,
): string => {
  const versions = all.map((one) => [one.name, known.get(one.name)].filter((part) => part !== "").join(" "));
  return `${name} (${versions.slice(0, LISTED).join(", ")})`;
};

const naming = (names: readonly string[]): string =>
  names.length === 0 ? "" : ` of ${names.slice(0, LISTED).join(", ")}`;

/**
 * The answer to packages that a manifest wants: nothing is installed for a run, so it says which environment has
 * them, in which versions, or how one is built. Null where none are wanted.
 */
export const refuseRequirements = (
  lines: readonly string[],
  environments: readonly EnvironmentInfo[],
): Refused | null => {
  const meant = lines.filter((line) => !line.startsWith("#"));
  if (meant.length === 0) return null;
  const named = meant.filter((line) => !line.startsWith("-")).slice(0, READ_LINES);
  const wanted = named.flatMap((line) => wantedOf(line) ?? []);
  const known = environments.map((environment) => ({ environment, packages: packagesOf(environment) }));
  const having = known.filter(({ packages }) => wanted.every(({ name }) => packages.has(name)));
  const fitting = having.filter(({ packages }) =>
    wanted.every(({ name, version }) => version === null || hasVersion(version, packages.get(name) ?? "")),
  );
  const shown = (fitting.length > 0 ? fitting : having).map(({ environment, packages }) =>
    describeWith(environment, wanted, packages),
  );
  const answer = (): string => {
    if (wanted.length === 0 || wanted.length < named.length || shown.length === 0) {
      const missing = wanted.filter(({ name }) => known.every(({ packages }) => !packages.has(name)));
      return `no environment has all${naming(missing.map(({ name }) => name))}; ${BUILD}`;
    }
    if (fitting.length > 0)
      return `leave this out and name the environment that has them: ${shown.join(" or ")}`;
    return `other versions are in the environment ${shown.join(" or ")}; for these ${BUILD}`;
  };
  const message = `packages are not installed for a run; ${answer()}`;
  return { kind: "refused", errors: [{ field: "requirements", message }] };
};
