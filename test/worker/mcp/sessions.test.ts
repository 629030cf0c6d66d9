import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const post = (client: Client, body: unknown, session?: string): Promise<Response> =>
  client.fetch("/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    },
    body: JSON.stringify(body),
  });

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
};

const callOf = (id: number | string, args: Record<string, unknown>) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "run_code", arguments: { wait_seconds: 0, ...args } },
});

const cancelOf = (requestId: number | string) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

/** The run that a call's answer names. */
const startedBy = async (response: Response): Promise<string> => {
  const id = /"job_id":"(job-[0-9a-f]{32})"/.exec(await response.text())?.[1];
  if (id === undefined) throw new Error("the answer names no run");
  return id;
};

const reasonOf = async (client: Client, id: string): Promise<unknown> =>
  (await client.status(id)).termination_reason;

describe("a session", () => {
  it("is a new random name for each client, and no other request is given one", async () => {
    const client = new Client();
    const names = [];
    for (let n = 0; n < 2; n += 1) names.push((await post(client, initialize)).headers.get("mcp-session-id"));
    expect(names[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(names[0]).not.toBe(names[1]);
    const list = await post(client, { jsonrpc: "2.0", id: 1, method: "tools/list" });
    expect(list.headers.get("mcp-session-id")).toBeNull();
  });

  it("finds the run of a request by the request's id, to cancel it", async () => {
    const client = new Client();
    const session = (await post(client, initialize)).headers.get("mcp-session-id") ?? "";
    const [one, two] = [
      await startedBy(await post(client, callOf(1, { code: "1" }), session)),
      await startedBy(await post(client, callOf("1", { code: "1" }), session)),
    ];
    expect((await post(client, cancelOf("1"), session)).status).toBe(202);
    await until("the run cancelled", async () => (await reasonOf(client, two)) === "cancelled");
    expect(await reasonOf(client, one)).toBeNull();
  });

  it("keeps a stranger from cancelling: another name, or none, finds no run", async () => {
    const client = new Client();
    const session = (await post(client, initialize)).headers.get("mcp-session-id") ?? "";
    const run = await startedBy(await post(client, callOf(7, { code: "1" }), session));
    await post(client, cancelOf(7), "0".repeat(32));
    await post(client, cancelOf(7), "not a name");
    await post(client, cancelOf(7));
    await post(client, [cancelOf(6), cancelOf(8)], session);
    expect(await reasonOf(client, run)).toBeNull();
  });

  it("that counts its requests from the start again gets new runs, never an old answer", async () => {
    const client = new Client();
    const session = (await post(client, initialize)).headers.get("mcp-session-id") ?? "";
    const first = await startedBy(await post(client, callOf(1, { code: "print(1)" }), session));
    const second = await startedBy(await post(client, callOf(1, { code: "print(2)" }), session));
    expect(second).not.toBe(first);
  });

  it("cancels a request that its cancellation overtook", async () => {
    const client = new Client();
    const session = (await post(client, initialize)).headers.get("mcp-session-id") ?? "";
    await post(client, cancelOf(3), session);
    const run = await startedBy(await post(client, callOf(3, { code: "1" }), session));
    await until("the run cancelled", async () => (await reasonOf(client, run)) === "cancelled");
  });
});
