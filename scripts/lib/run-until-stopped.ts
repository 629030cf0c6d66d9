import { StartError } from "./fatal.ts";
import { languagesHint } from "./languages-hint.ts";
import type { LocalOptions } from "./options.ts";
import { startSandpiper } from "./sandpiper.ts";
import type { Serve } from "./serve-miniflare.ts";
import { localAccess } from "./worker-config.ts";
import { WranglerError } from "./wrangler.ts";

/** Submits a program, waits for its end, and shows what it printed. */
const firstCommand = (url: string): string =>
  `curl -s ${url}/submit -H 'Prefer: wait=60' -H 'Content-Type: application/json' \\\n` +
  `    -d '{"code":"print(6 * 7)"}' | sed -n 's/.*"stdout":"\\([^"\\]*\\).*/\\1/p'`;

/** Who may do what, and how that is changed. */
const accessLines = (access: string): string =>
  access === "keys"
    ? "Access: ACCESS=keys. Typed jobs and workloads want a key, runs are for everybody.\n" +
      "  Make one with --var OPERATOR_TOKEN:<secret> and: npm run sandpiper -- keys create <owner> --token <secret>\n"
    : "Access: ACCESS=open. Whoever reaches this address, only this machine, may use every face.\n" +
      "  Close it with --var ACCESS:keys, and the runs with --var ANONYMOUS_RUNS:false.\n";

const complain = (error: unknown): void => {
  const isExpected = error instanceof StartError || error instanceof WranglerError;
  process.stderr.write(
    `${isExpected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
};

/** Until here a signal simply ends this process, and the kernel ends what it started. */
const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      // Miniflare's own listeners would exit at once, before the executor has ended its jobs.
      process.removeAllListeners(signal).on(signal, () => resolve());
    }
    // Whoever read the output is gone, and with it the one who could stop this by hand.
    process.stdout.on("error", () => resolve());
  });

/** Starts Sandpiper, says how it is used, and stops it in order at a signal; the process ends with it. */
export const runUntilStopped = async (options: LocalOptions, serve: Serve): Promise<void> => {
  const stack = new AsyncDisposableStack();
  try {
    process.stdout.write(accessLines(localAccess(options)));
    const { url } = await startSandpiper(options, serve, stack);
    process.stdout.write(`\nSandpiper is ready at ${url} with an executor. Ctrl-C stops both.\n`);
    process.stdout.write(`Open ${url} in a browser, or try this, which ends in 42:\n\n`);
    process.stdout.write(`  ${firstCommand(url)}\n\n${languagesHint()}\n`);
    await untilStopped();
  } catch (error) {
    complain(error);
    process.exitCode = 1;
  }
  await stack.disposeAsync();
  // wrangler keeps a bundler process, and with it this one, for seconds more.
  process.exit();
};
