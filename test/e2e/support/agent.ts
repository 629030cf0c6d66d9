import { Client, type ContentBlock, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { inject } from "vitest";
import { root } from "../../../scripts/lib/local.ts";
import { newAddress } from "./client.ts";

/** Revisions of the protocol: of 2025, which most clients speak, and the one without sessions. */
export type Era = "legacy" | "auto";

/** The official client, connected to the shared service as somebody with a quota of its own. */
export const connectAgent = async (
  mode: Era = "legacy",
  address = newAddress(),
  credentials: Readonly<Record<string, string>> = {},
): Promise<Client> => {
  const client = new Client({ name: "agent", version: "1.0.0" }, { versionNegotiation: { mode } });
  const url = new URL(`${inject("sandpiperUrl")}/mcp`);
  const requestInit = { headers: { "cf-connecting-ip": address, ...credentials } };
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  return client;
};

/** The official client over stdio, through `sandpiper mcp` as an agent starts it. */
export const connectBridge = async (mode: Era): Promise<Client> => {
  const client = new Client({ name: "agent", version: "1.0.0" }, { versionNegotiation: { mode } });
  const args = ["src/cli/main.ts", "mcp", "--url", inject("sandpiperUrl")];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: root }));
  return client;
};

/** The text of a tool's answer, as a model reads it. */
export const textOf = (content: readonly ContentBlock[]): string =>
  content.map((block) => (block.type === "text" ? block.text : `<${block.type}>`)).join("\n");
