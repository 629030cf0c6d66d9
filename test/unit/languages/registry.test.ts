import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { languagesPage } from "../../../executor/languages/page.ts";
import { languageSets } from "../../../executor/languages/sets.ts";
import {
  findLanguage,
  languageById,
  languageOfExtension,
  languages,
} from "../../../src/wire/languages/registry.ts";

const PLACEHOLDERS = ["{source}", "{sources}", "{flags}", "{args}", "{class}", "{folder}", "{heap}"];

describe("the registry of languages", () => {
  it("knows at least 35 languages, each by its id and its aliases in any case", () => {
    expect(languages.length).toBeGreaterThanOrEqual(35);
    for (const language of languages) {
      expect(findLanguage(language.id.toUpperCase())).toBe(language);
      for (const alias of language.aliases) expect(findLanguage(alias)).toBe(language);
      expect(languageById(language.id)).toBe(language);
    }
    expect(languageById("c++")).toBeNull();
    expect(findLanguage("no-such-thing")).toBeNull();
  });

  it("gives no name, extension or id of Judge0 to two languages", () => {
    for (const pick of [
      (one: (typeof languages)[number]) => [one.id, ...one.aliases],
      (one: (typeof languages)[number]) => one.extensions,
      (one: (typeof languages)[number]) => one.judge0?.ids.map(String) ?? [],
    ]) {
      const all = languages.flatMap(pick);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  it("knows a language by the extension of a file, in any case", () => {
    expect(languageOfExtension("CPP")?.id).toBe("cpp");
    expect(languageOfExtension("py")?.id).toBe("python");
    expect(languageOfExtension("xyz")).toBeNull();
  });

  it("uses known placeholders only, and takes flags exactly where there is a compile step", () => {
    for (const { compile, run } of languages) {
      const argv = [...(compile ?? []), ...run];
      for (const part of argv) if (/^\{.*\}$/.test(part)) expect(PLACEHOLDERS).toContain(part);
      expect(compile === null || compile.includes("{flags}")).toBe(true);
      expect(run).not.toContain("{flags}");
    }
  });

  it("has what every language of the layer is built from, and sets that grow", () => {
    for (const { layer, packages, npmPackages } of languages) {
      expect(packages.length + npmPackages.length > 0).toBe(layer === "languages");
    }
    const sets = [...languageSets.values()];
    sets.slice(1).forEach((ids, at) => {
      expect(ids).toEqual(expect.arrayContaining([...(sets[at] ?? [])]));
    });
    for (const id of sets.flat()) expect(languageById(id)?.layer).toBe("languages");
  });

  it("is what the page about languages says", () => {
    // The formatter aligns tables.
    const plain = (text: string): string => text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---").trim();
    const { pathname } = new URL("../../../docs/languages.md", import.meta.url);
    expect(plain(readFileSync(pathname, "utf8")) === plain(languagesPage())).toBe(true);
  });
});
