import { spawnSync } from "node:child_process";
import { DEFAULT_LANGUAGES_FOLDER, readBuiltLanguages } from "../../../executor/languages/layer-file.ts";

const BUILD = new URL("../../../executor/languages/build.ts", import.meta.url).pathname;
/** Longer than this the tests do not wait for a layer: who wants it builds it. */
const BUILD_MS = 120_000;

/** Where the layer under test lies: EXECUTOR_LANGUAGES_DIR chooses a larger one. */
export const languagesFolder = process.env.EXECUTOR_LANGUAGES_DIR ?? DEFAULT_LANGUAGES_FOLDER;

const loud = (text: string): void => {
  process.stderr.write(`\n!!! ${text}\n\n`);
};

/** Ids of the languages in the layer; the small set is built where there is none, or a line says what is not tried. */
export const builtLanguageIds = (): ReadonlySet<string> => {
  if (readBuiltLanguages(languagesFolder) === null) {
    const built = spawnSync(process.execPath, [BUILD, "build", "small"], {
      timeout: BUILD_MS,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, EXECUTOR_LANGUAGES_DIR: languagesFolder },
    });
    if (built.status !== 0)
      loud("There is no layer of languages and it could not be built: nothing in it is tested.");
  }
  return new Set(readBuiltLanguages(languagesFolder)?.languages.map(({ id }) => id));
};

export const sayUntested = (ids: readonly string[]): void => {
  if (ids.length > 0) loud(`Not tested, because not built here: ${ids.join(", ")}`);
};
