import { buildAssets } from "./lib/build.ts";

// wrangler calls this before each bundle, so that a bare `wrangler deploy` in a fresh clone has its assets.
await buildAssets();
