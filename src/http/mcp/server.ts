import { McpServer } from "@modelcontextprotocol/server";
import { VERSION } from "../../domain/version.ts";
import type { AgentCall } from "./call.ts";
import { addEnvironmentTool } from "./tools/environments.ts";
import { addOutputTools } from "./tools/outputs.ts";
import { addRunTools } from "./tools/run.ts";
import { addWatchTools } from "./tools/watch.ts";

const INSTRUCTIONS =
  "Runs programs in a sandbox without network. run_code answers with what the program printed and the names of " +
  "the files that it made in its working folder; read_output shows those. Long runs: the answer of a call that " +
  "stopped waiting names the job_id, and get_run waits on.";

/** The tools for one request; they keep nothing from one to the next. */
export const toolServer = (call: AgentCall): McpServer => {
  const server = new McpServer({ name: "sandpiper", version: VERSION }, { instructions: INSTRUCTIONS });
  addRunTools(server, call);
  addWatchTools(server, call);
  addOutputTools(server, call);
  addEnvironmentTool(server, call);
  return server;
};
