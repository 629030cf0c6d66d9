import { buildAssets } from "./lib/build.ts";
import { optionsOf } from "./lib/usage.ts";

optionsOf(
  "Usage: node scripts/build-assets.ts\n\nBuilds the files that the Worker serves, into dist/assets.",
  {},
);

// wrangler calls this before each bundle, so that a bare `wrangler deploy` in a fresh clone has its assets.
await buildAssets();
