import { DEFAULT_LANGUAGES_FOLDER, readBuiltLanguages } from "../../executor/languages/layer-file.ts";

/** What programs can be written in here, and how to have more; nothing is built by itself. */
export const languagesHint = (): string => {
  const built = readBuiltLanguages(process.env.EXECUTOR_LANGUAGES_DIR ?? DEFAULT_LANGUAGES_FOLDER);
  return built === null
    ? "Languages: Python, JavaScript and shells. C and C++ come with: npm run languages -- build small"
    : `Languages: Python, JavaScript, shells and ${built.languages.length} more; npm run languages -- list names others`;
};
