import { McpServer } from "@modelcontextprotocol/server";
import { VERSION } from "../../domain/version.ts";
import type { AgentCall } from "./call.ts";
import { toolError } from "./run-answer.ts";
import { addEnvironmentTool } from "./tools/environments.ts";
import { addOutputTools } from "./tools/outputs.ts";
import { addRunTools } from "./tools/run.ts";
import { addWatchTools } from "./tools/watch.ts";

const INSTRUCTIONS =
  "Runs programs in a sandbox without network. run_code answers with what the program printed and the names of " +
  "the files that it made in its working folder; read_output shows those. Long runs: the answer of a call that " +
  "stopped waiting names the job_id, and get_run waits on.";

type Tool = (...args: unknown[]) => unknown;

/** The SDK shows an agent the text of whatever a tool throws; here it is told what the face would say. */
class Tools extends McpServer {
  constructor(call: AgentCall) {
    super({ name: "sandpiper", version: VERSION }, { instructions: INSTRUCTIONS });
    const register = this.registerTool.bind(this) as unknown as (
      name: string,
      config: unknown,
      tool: Tool,
    ) => ReturnType<McpServer["registerTool"]>;
    const guarded: typeof register = (name, config, tool) =>
      register(name, config, async (...args) => {
        try {
          return await tool(...args);
        } catch (error) {
          return toolError(call.failed(error));
        }
      });
    this.registerTool = guarded as unknown as McpServer["registerTool"];
  }
}

/** The tools for one request; they keep nothing from one to the next. */
export const toolServer = (call: AgentCall): McpServer => {
  const server = new Tools(call);
  addRunTools(server, call);
  addWatchTools(server, call);
  addOutputTools(server, call);
  addEnvironmentTool(server, call);
  return server;
};
