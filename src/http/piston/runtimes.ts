import { offeredLanguages } from "../../domain/languages/runtimes.ts";
import type { LanguageInfo } from "../../wire/judging.ts";
import type { Language } from "../../wire/languages/registry.ts";
import { fitsSelector, semverOf } from "./version.ts";

/** A language as the original lists it. */
export type Runtime = {
  readonly language: Language;
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly package: string;
};

/** What an executor has of the original's languages, by name. */
export const runtimesOf = (installed: readonly LanguageInfo[]): readonly Runtime[] =>
  offeredLanguages(installed)
    .flatMap(({ language, info }) => {
      const { piston } = language;
      if (piston === null) return [];
      const version = semverOf(info.version);
      return [{ language, name: piston.language, version, aliases: piston.aliases, package: piston.package }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** `runtime` names the package only where that brings several languages. */
export const shownRuntimes = (runtimes: readonly Runtime[]) =>
  runtimes.map(({ name, version, aliases, package: from }) => ({
    language: name,
    version,
    aliases,
    ...(runtimes.filter((other) => other.package === from).length > 1 ? { runtime: from } : {}),
  }));

export const shownPackages = (runtimes: readonly Runtime[]) => [
  ...new Map(
    runtimes.map(({ package: name, version }) => [
      name,
      { language: name, language_version: version, installed: true },
    ]),
  ).values(),
];

/**
 * The runtime for a name or an alias and a version's selector. One whose version does not fit is taken all the
 * same, unless versions are strict: clients pin versions that were once there.
 */
export const findRuntime = (
  runtimes: readonly Runtime[],
  name: string,
  selector: string,
  isStrict: boolean,
): Runtime | null => {
  const found = runtimes.find((one) => one.name === name || one.aliases.includes(name));
  if (found === undefined) return null;
  const fits = fitsSelector(found.version, selector);
  return fits === null || (isStrict && !fits) ? null : found;
};
