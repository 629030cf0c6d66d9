import { Command } from "commander";
import { addConnectionOptions } from "./connection.ts";
import { addDeployCommands } from "./deploy/commands.ts";
import { addMcpCommand } from "./mcp/commands.ts";
import { addBlocks, addMaintenance } from "./operator/gates.ts";
import { addJobs, addPurge } from "./operator/jobs.ts";
import { addKeys } from "./operator/keys.ts";
import { addPool } from "./operator/pool.ts";
import { addRebuild } from "./operator/rebuild.ts";
import { addWebhooks } from "./operator/webhooks.ts";
import { JSON_OPTION } from "./output.ts";
import { addUserCommands } from "./user/commands.ts";
import { VERSION } from "./version.ts";

/** The groups of commands: each adds its own to the program. */
const groups: readonly ((program: Command) => void)[] = [
  addUserCommands,
  addDeployCommands,
  addMcpCommand,
  addKeys,
  addBlocks,
  addJobs,
  addPurge,
  addPool,
  addWebhooks,
  addRebuild,
  addMaintenance,
];

/** The whole command line. Options that every command knows stand before or after its name. */
export const createProgram = (): Command => {
  const program = new Command("sandpiper")
    .description("Runs, watches and operates a Sandpiper service")
    .version(VERSION)
    .enablePositionalOptions(false)
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)");
  addConnectionOptions(program);
  program.option(...JSON_OPTION);
  for (const add of groups) add(program);
  return program;
};
