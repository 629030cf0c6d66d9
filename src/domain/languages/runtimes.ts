import type { LanguageInfo } from "../../wire/judging.ts";
import { type Language, languageById } from "../../wire/languages/registry.ts";

/** A language of the registry that an executor has. */
export type OfferedLanguage = { readonly language: Language; readonly info: LanguageInfo };

/** What the executor has of the registry, by id; what the registry does not know is not offered. */
export const offeredLanguages = (installed: readonly LanguageInfo[]): readonly OfferedLanguage[] =>
  installed
    .flatMap((info) => {
      const language = languageById(info.id);
      return language === null ? [] : [{ language, info }];
    })
    .sort((a, b) => (a.info.id < b.info.id ? -1 : 1));

/** Body of `GET /runtimes`. */
export const runtimesBody = (installed: readonly LanguageInfo[]) => ({
  languages: offeredLanguages(installed).map(({ language, info }) => ({
    id: language.id,
    name: language.name,
    version: info.version,
    version_text: info.versionText,
    aliases: [...language.aliases],
    extensions: [...language.extensions],
    source_file: language.source,
    compiled: language.compile !== null,
    environment: "default",
  })),
});
