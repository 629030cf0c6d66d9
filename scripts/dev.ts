import { runCommand } from "./lib/main.ts";

await runCommand("npm run dev", async () => (await import("./lib/serve-wrangler.ts")).serveWithWrangler);
