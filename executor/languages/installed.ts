import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { LanguageInfo } from "../../src/wire/judging.ts";
import { type Language, languageById, languages as registry } from "../../src/wire/languages/registry.ts";
import { layerRoot, readBuiltLanguages, versionIn } from "./layer-file.ts";

const run = promisify(execFile);
const VERSION_MS = 10_000;

/** A language that jobs of this executor can use. */
export interface InstalledLanguage {
  readonly language: Language;
  readonly info: LanguageInfo;
  /** The layer that stands in for the machine's system; null runs on the machine's own. */
  readonly root: string | null;
  /** Two with the same digest compile the same. */
  readonly digest: string;
}

export interface InstalledLanguages {
  find(id: string): InstalledLanguage | null;
  /** By id. */
  list(): readonly LanguageInfo[];
  /** The layer of languages where one is built. */
  readonly root: string | null;
}

/** The machine's own tools have no layer that was asked at its building: null for one that is not there. */
const machineLanguage = async (language: Language): Promise<InstalledLanguage | null> => {
  const [file = "", ...args] = language.versionCommand ?? [];
  const node = file === "node" ? process.execPath : file;
  try {
    const { stdout } = await run(node, args, { timeout: VERSION_MS });
    const versionText = (stdout.split("\n")[0] ?? "").trim().slice(0, 200);
    const info = { id: language.id, version: versionIn(versionText), versionText };
    return { language, info, root: null, digest: versionText };
  } catch {
    // A machine without the tool is an ordinary machine that does not offer the language.
    return null;
  }
};

const machineLanguages = async (): Promise<readonly InstalledLanguage[]> => {
  const own = registry.filter(({ layer }) => layer === "default");
  return (await Promise.all(own.map(machineLanguage))).filter((one) => one !== null);
};

const layerLanguages = (folder: string): readonly InstalledLanguage[] => {
  const built = readBuiltLanguages(folder);
  return (built?.languages ?? []).flatMap((info) => {
    const language = languageById(info.id);
    if (language === null) return [];
    return [{ language, info, root: layerRoot(folder), digest: built?.digest ?? "" }];
  });
};

/** What this executor can offer: the machine's own languages, and those of the layer in the folder. */
export const readInstalledLanguages = async (folder: string): Promise<InstalledLanguages> => {
  const inLayer = layerLanguages(folder);
  const found = [...(await machineLanguages()), ...inLayer];
  const byId = new Map(found.map((one) => [one.info.id, one]));
  return {
    find: (id) => byId.get(id) ?? null,
    list: () => [...byId.values()].map(({ info }) => info).sort((a, b) => (a.id < b.id ? -1 : 1)),
    root: inLayer[0]?.root ?? null,
  };
};
