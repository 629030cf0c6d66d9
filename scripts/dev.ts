import { runCommand } from "./lib/main.ts";
import { serveWithWrangler } from "./lib/serve-wrangler.ts";

await runCommand("npm run dev", serveWithWrangler);
