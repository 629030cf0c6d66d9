import { parseArgs } from "node:util";

export const usage = `Usage: npm run executor -- [start] --join URL [OPTION]

Joins the pool of the service at URL, runs the programs that it is offered in sandboxes, and reports on them.
The service must trust this executor's key: put the worker id that --generate-key prints into its variable
TRUSTED_EXECUTORS. SIGTERM leaves in order; a second one, or SIGINT, ends everything at once.

  --join URL             address of the service, instead of EXECUTOR_JOIN_URL
  --probe                print what this machine's isolation is, as JSON, and exit; non-zero below
                         EXECUTOR_MIN_ISOLATION; with --join also whether the pool can be joined
  --generate-key [PATH]  make an Ed25519 key file and print its worker id
  --worker-key PATH      use this key file instead of EXECUTOR_KEY_FILE
  --version              print the version
  --help                 print this text

Settings come from the environment: EXECUTOR_JOIN_URL, EXECUTOR_NAME, EXECUTOR_SLOTS, EXECUTOR_MEMORY_MB,
EXECUTOR_WARM, EXECUTOR_KEY_FILE or EXECUTOR_KEY, EXECUTOR_ISOLATION (auto, none), EXECUTOR_MIN_ISOLATION
(1, 2, 0), EXECUTOR_ENVIRONMENTS_DIR, EXECUTOR_STORAGE_ORIGINS; with EXECUTOR_PORT it answers GET /health
there, on EXECUTOR_HOST.
`;

export type Command =
  | {
      readonly kind: "serve" | "probe" | "help" | "version" | "generate-key";
      readonly keyFile: string | null;
      readonly joinUrl: string | null;
    }
  | { readonly kind: "wrong"; readonly problem: string };

/** `--generate-key` may stand alone or carry its path. */
const splitOptionalPath = (args: readonly string[]): { args: string[]; path: string | null } => {
  const at = args.indexOf("--generate-key");
  const next = args[at + 1];
  if (at < 0 || next === undefined || next.startsWith("-")) return { args: [...args], path: null };
  return { args: args.filter((_, index) => index !== at + 1), path: next };
};

const readOptions = (args: string[]) =>
  parseArgs({
    args,
    options: {
      help: { type: "boolean", default: false },
      version: { type: "boolean", default: false },
      probe: { type: "boolean", default: false },
      "generate-key": { type: "boolean", default: false },
      "worker-key": { type: "string" },
      join: { type: "string" },
    },
    allowPositionals: true,
  });

/** What the command line asks for. */
export const parseCommandLine = (words: readonly string[]): Command => {
  const { args, path } = splitOptionalPath(words);
  try {
    const { values: options, positionals } = readOptions(args);
    const unknown = positionals.find((word) => word !== "start");
    if (unknown !== undefined) return { kind: "wrong", problem: `There is no command ${unknown}.` };
    const given = { keyFile: path ?? options["worker-key"] ?? null, joinUrl: options.join ?? null };
    if (options.help) return { kind: "help", ...given };
    if (options.version) return { kind: "version", ...given };
    if (options["generate-key"]) return { kind: "generate-key", ...given };
    return { kind: options.probe ? "probe" : "serve", ...given };
  } catch (error) {
    // parseArgs throws for what it does not know; its texts are made for the user.
    return { kind: "wrong", problem: error instanceof Error ? error.message : "unreadable arguments" };
  }
};
