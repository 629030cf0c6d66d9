import { buildAssets } from "./lib/build.ts";
import { buildNpmPackage } from "./lib/npm/package.ts";

await Promise.all([buildAssets(), buildNpmPackage()]);
