import path from "node:path";
import { parseArgs } from "node:util";

export type LocalOptions = {
  readonly port: number;
  /** Folder for all local state, or null for the one that wrangler uses. */
  readonly stateDir: string | null;
  /** Variables of the Worker that win over those in wrangler.toml. */
  readonly vars: Readonly<Record<string, string>>;
  /** Port of the runtime's inspector; null opens none. */
  readonly inspectPort: number | null;
};

export type ParsedOptions =
  | { readonly kind: "run"; readonly options: LocalOptions }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "invalid"; readonly message: string };

const portPattern = /^[1-9][0-9]{0,4}$/;

const toPort = (text: string): number | null => {
  const port = Number(text);
  return portPattern.test(text) && port < 65_536 ? port : null;
};

const helpText = (command: string): string => `Usage: ${command} -- [options]

  --port N          port of the service (8787)
  --state DIR       keep jobs, files and secrets in DIR instead of the project's folder
  --var NAME:VALUE  set a variable of the Worker; may be repeated. The quotas of each client are
                    RUN_MAX_ACTIVE (2), RUN_MAX_PER_HOUR (20) and RUN_CPU_SECONDS_PER_MINUTE (10)
  --inspect PORT    open the runtime's inspector on PORT, for profiles and heap snapshots of each isolate
  --help            show this`;

const toVars = (given: readonly string[]): Record<string, string> | null => {
  const pairs = given.map((text) => /^([A-Z][A-Z0-9_]*):(.*)$/s.exec(text));
  if (pairs.includes(null)) return null;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
};

const read = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "8787" },
      state: { type: "string" },
      var: { type: "string", multiple: true, default: [] },
      inspect: { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;

/** Reads the options that `npm start` and `npm run dev` share. */
export const parseOptions = (command: string, args: readonly string[]): ParsedOptions => {
  let values: ReturnType<typeof read>;
  try {
    values = read(args);
  } catch (error) {
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return { kind: "help", text: helpText(command) };
  const port = toPort(values.port);
  if (port === null) return { kind: "invalid", message: "--port takes a port, 1 to 65535." };
  const inspectPort = values.inspect === undefined ? null : toPort(values.inspect);
  if (values.inspect !== undefined && inspectPort === null)
    return { kind: "invalid", message: "--inspect takes a port, 1 to 65535." };
  const vars = toVars(values.var);
  if (vars === null) return { kind: "invalid", message: "--var takes NAME:VALUE, with NAME in upper case." };
  const stateDir = values.state === undefined ? null : path.resolve(values.state);
  return { kind: "run", options: { port, stateDir, vars, inspectPort } };
};
