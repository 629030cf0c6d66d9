import { build } from "./lib/build.ts";
import { optionsOf } from "./lib/usage.ts";
import { WranglerError } from "./lib/wrangler.ts";

optionsOf(
  "Usage: npm run build\n\nBuilds Worker, console and pages into dist, where something has changed.",
  {},
);

try {
  const { rebuilt } = await build();
  process.stdout.write(rebuilt ? "Built into dist\n" : "dist is up to date\n");
} catch (error) {
  if (!(error instanceof WranglerError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
