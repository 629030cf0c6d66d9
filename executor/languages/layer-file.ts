import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Where the layer is built and looked for, unless EXECUTOR_LANGUAGES_DIR names another folder. */
export const DEFAULT_LANGUAGES_FOLDER = "/var/cache/sandpiper/languages";
const LAYER_FILE = "languages.json";

/** `<languages folder>/layer/languages.json`: what the layer holds. */
export const builtLanguages = z.strictObject({
  /** SHA-256 over the packages with their versions: two layers with the same digest hold the same. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  diskBytes: z.int().nonnegative(),
  languages: z.array(z.strictObject({ id: z.string(), version: z.string(), versionText: z.string() })),
});
export type BuiltLanguages = z.infer<typeof builtLanguages>;

/** The layer's root below the languages folder: it holds `usr` and `etc`. */
export const layerRoot = (folder: string): string => join(folder, "layer");

export const layerFile = (root: string): string => join(root, LAYER_FILE);

/** What was built in this folder; null when nothing was. A file that is not ours throws. */
export const readBuiltLanguages = (folder: string): BuiltLanguages | null => {
  const path = layerFile(layerRoot(folder));
  return existsSync(path) ? builtLanguages.parse(JSON.parse(readFileSync(path, "utf8"))) : null;
};

/** The part of a tool's line that looks like a version; the whole line when none does. */
export const versionIn = (line: string): string => /\d+(?:\.\d+)+|\d+/.exec(line)?.[0] ?? line;
