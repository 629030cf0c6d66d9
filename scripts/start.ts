import { runCommand } from "./lib/main.ts";
import { serveOnMiniflare } from "./lib/serve-miniflare.ts";

await runCommand("npm start", serveOnMiniflare);
