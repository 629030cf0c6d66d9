import { parseArgs } from "node:util";

export const usage = `Usage: node executor/main.ts [OPTION]

Runs submitted programs in sandboxes and reports on them to the Worker.

  --probe                print what this machine's isolation is, as JSON, and exit;
                         non-zero below EXECUTOR_MIN_ISOLATION
  --generate-key [PATH]  make an Ed25519 key file and print its worker id
  --worker-key PATH      use this key file instead of EXECUTOR_KEY_FILE
  --version              print the version
  --help                 print this text

Settings come from the environment: EXECUTOR_TOKEN (required), EXECUTOR_HOST, EXECUTOR_PORT,
EXECUTOR_SLOTS, EXECUTOR_BACKLOG, EXECUTOR_WARM, EXECUTOR_KEY_FILE, EXECUTOR_ISOLATION (auto, none),
EXECUTOR_MIN_ISOLATION (1, 2, 0), EXECUTOR_ENVIRONMENTS_DIR, EXECUTOR_ALLOWED_REPORT_ORIGINS,
EXECUTOR_STORAGE_ORIGINS.
`;

export type Command =
  | { readonly kind: "serve" | "probe" | "help" | "version"; readonly keyFile: string | null }
  | { readonly kind: "generate-key"; readonly keyFile: string | null }
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
    },
  }).values;

/** What the command line asks for. */
export const parseCommandLine = (given: readonly string[]): Command => {
  const { args, path } = splitOptionalPath(given);
  try {
    const options = readOptions(args);
    const keyFile = path ?? options["worker-key"] ?? null;
    if (options.help) return { kind: "help", keyFile };
    if (options.version) return { kind: "version", keyFile };
    if (options["generate-key"]) return { kind: "generate-key", keyFile };
    return { kind: options.probe ? "probe" : "serve", keyFile };
  } catch (error) {
    // parseArgs throws for what it does not know; its texts are made for the user.
    return { kind: "wrong", problem: error instanceof Error ? error.message : "unreadable arguments" };
  }
};
