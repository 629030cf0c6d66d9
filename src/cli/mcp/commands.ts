import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Command } from "commander";
import { connectionOf } from "../connection.ts";
import { bridgeServer, connectUpstream } from "./bridge.ts";

/** The command that lets agents without HTTP use the service's tools. */
export const addMcpCommand = (program: Command): void => {
  program
    .command("mcp")
    .description("speaks the Model Context Protocol over stdin and stdout, with the service's tools")
    .action(async (_options: unknown, command: Command) => {
      const upstream = await connectUpstream(connectionOf(command));
      const transport = new StdioServerTransport();
      serveStdio(() => bridgeServer(upstream), { transport });
      process.stdin.once("end", () => {
        upstream.close().catch(() => undefined);
      });
    });
};
