import { build } from "./lib/build.ts";
import { WranglerError } from "./lib/wrangler.ts";

try {
  const { rebuilt } = await build();
  process.stdout.write(rebuilt ? "Built into dist\n" : "dist is up to date\n");
} catch (error) {
  if (!(error instanceof WranglerError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
