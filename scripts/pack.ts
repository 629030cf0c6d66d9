import { buildAssets } from "./lib/build.ts";
import { buildNpmPackage } from "./lib/npm/package.ts";
import { optionsOf } from "./lib/usage.ts";

optionsOf("Usage: node scripts/pack.ts\n\nBuilds what npm pack puts into the package.", {});

await Promise.all([buildAssets(), buildNpmPackage()]);
