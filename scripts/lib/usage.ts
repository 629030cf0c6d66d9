import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * Reads a script's options. `--help` prints the usage and ends; an option that is unknown or wrong ends
 * with 2 and says so in one line, before the usage.
 */
export const optionsOf = <const Options extends NonNullable<ParseArgsConfig["options"]>>(
  usage: string,
  options: Options,
) => {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", default: false } } });
    if (!("help" in values) || values.help !== true) return values;
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    process.exit(2);
  }
};
