import { parseOptions } from "./options.ts";
import type { Serve } from "./serve-miniflare.ts";

/**
 * The whole of `npm start` and `npm run dev`, which differ in how the Worker is served. What serves is loaded
 * only when it is wanted: it takes longer than the help.
 */
export const runCommand = async (command: string, loadServe: () => Promise<Serve>): Promise<void> => {
  const parsed = parseOptions(command, process.argv.slice(2));
  if (parsed.kind === "help") {
    process.stdout.write(`${parsed.text}\n`);
  } else if (parsed.kind === "invalid") {
    process.stderr.write(`${parsed.message} See ${command} -- --help.\n`);
    process.exitCode = 2;
  } else {
    const [{ runUntilStopped }, serve] = await Promise.all([import("./run-until-stopped.ts"), loadServe()]);
    await runUntilStopped(parsed.options, serve);
  }
};
