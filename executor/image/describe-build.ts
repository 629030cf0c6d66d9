import { DEFAULT_ENVIRONMENTS_FOLDER } from "../environments/manifest.ts";
import { createEnvironments, readEnvironments } from "../environments.ts";
import { readInstalledLanguages } from "../languages/installed.ts";
import { DEFAULT_LANGUAGES_FOLDER } from "../languages/layer-file.ts";

/** Prints what an executor here says of itself when it joins, as `src/wire/image-build.json` keeps it. */
const { EXECUTOR_ENVIRONMENTS_DIR: environments, EXECUTOR_LANGUAGES_DIR: languages } = process.env;
const layers = readEnvironments(environments ?? DEFAULT_ENVIRONMENTS_FOLDER);
const installed = await readInstalledLanguages(languages ?? DEFAULT_LANGUAGES_FOLDER);
const build = { environments: createEnvironments(layers).list(), languages: installed.list() };
process.stdout.write(`${JSON.stringify(build, null, 2)}\n`);
