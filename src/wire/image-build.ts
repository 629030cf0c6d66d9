import type { EnvironmentInfo } from "./attempt.ts";
import built from "./image-build.json" with { type: "json" };
import type { LanguageInfo } from "./judging.ts";

/**
 * What the executor's image is built with when nothing else is asked for, as an executor in it says it when it
 * joins. `npm run image` writes it.
 */
export const imageBuild = built as {
  readonly environments: readonly EnvironmentInfo[];
  readonly languages: readonly LanguageInfo[];
};
