import { runCommand } from "./lib/main.ts";

await runCommand("npm start", async () => (await import("./lib/serve-miniflare.ts")).serveOnMiniflare);
