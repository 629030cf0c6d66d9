import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { launchBrowser, visit } from "./support/console.ts";
import { type Server, startServer } from "./support/server.ts";

const TOKEN = "operator-token-of-this-test";
let server: Server;

beforeAll(async () => {
  server = await startServer({ vars: { ACCESS: "keys", OPERATOR_TOKEN: TOKEN } });
}, 120_000);
afterAll(() => server.stop(), 60_000);

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs `sandpiper` as a user does, with the connection in the environment. */
const sandpiper = (
  args: readonly string[],
  input = "",
  token = TOKEN,
  environment: Record<string, string> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      ...environment,
      SANDPIPER_URL: server.url,
      SANDPIPER_OPERATOR_TOKEN: token,
      SANDPIPER_CONFIG: "/nonexistent",
    };
    const command = ["run", "-s", "sandpiper", "--", ...args];
    const child = execFile("npm", command, { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });

const json = async (args: readonly string[]) => JSON.parse((await sandpiper([...args, "--json"])).stdout);

const jobs = (key: string, body?: unknown): Promise<Response> =>
  fetch(`${server.url}/jobs`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`anybody:${key}`).toString("base64")}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const CAPTION = { image_url: "https://example.com/a.png" };

describe("the operator's commands", () => {
  test("make, list, rotate, import and revoke keys that the service takes", async () => {
    expect(server.output()).toContain("ACCESS=keys");
    const { key, details } = await json(["keys", "create", "alice", "--days", "1"]);
    expect((await jobs(key, CAPTION)).status).toBe(201);
    expect((await sandpiper(["keys"])).stdout).toMatch(/OWNER.*\n.*alice/);
    const next = await json(["keys", "rotate", details.id]);
    expect(await (await jobs(next.key)).json()).toMatchObject({ Jobs: [{ status: "queued" }] });
    expect((await sandpiper(["keys", "revoke", details.id])).code).toBe(0);
    expect((await sandpiper(["keys", "import", "--owner", "bob"], "a key of before\n")).code).toBe(0);
    expect((await jobs("a key of before", CAPTION)).status).toBe(201);
  });

  test("show jobs, and purge only what is meant", async () => {
    const { jobs: all } = await json(["jobs", "--owner", "alice"]);
    expect((await sandpiper(["jobs", "show", all[0].ref])).stdout).toContain("registered");
    expect((await sandpiper(["purge"])).code).toBe(1);
    expect((await sandpiper(["purge", "--owner", "alice"])).stdout).toContain("--yes");
    expect(await json(["purge", "--owner", "alice", "--yes"])).toMatchObject({ removed: all.length });
    expect((await json(["jobs", "--owner", "alice"])).jobs).toEqual([]);
    expect((await json(["jobs", "--owner", "bob"])).jobs.length).toBe(1);
  });

  test("have a job done again, and tell of deliveries", async () => {
    const made = await jobs("a key of before", CAPTION);
    const { job_id: id } = (await made.json()) as { job_id: string };
    const ref = `typed.${id}`;
    expect((await sandpiper(["jobs", "redrive", ref])).stdout).toContain(ref);
    expect(await json(["jobs", "show", ref])).toMatchObject({ state: "queued", webhooks: [] });
    await sandpiper(["jobs", "cancel", ref]);
    const again = await sandpiper(["jobs", "redrive", ref]);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("(409)")]);
    expect(await json(["webhooks", "--state", "failed"])).toEqual({ deliveries: [], next: null });
    expect((await sandpiper(["webhooks"])).stdout).toContain("None.");
    expect((await sandpiper(["webhooks", "replay", "msg_x"])).stderr).toContain("no such delivery");
    await sandpiper(["jobs", "delete", ref]);
  });

  test("rebuild the rows of the objects that the account's API lists", async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ code: "print(1)" });
    const run = await fetch(`${server.url}/submit`, { method: "POST", headers, body });
    expect(run.status).toBe(200);
    const refs = async () =>
      (await json(["jobs", "--face", "runs"])).jobs.map(({ ref }: { ref: string }) => ref);
    await expect.poll(refs, { timeout: 10_000 }).toHaveLength(1);
    const [ref] = await refs();
    const pages = new Map([
      ["", { result: [{ id: ref.slice("job.".length), hasStoredData: true }], cursor: "next" }],
      ["next", { result: [{ id: "0".repeat(64), hasStoredData: false }], cursor: "" }],
    ]);
    const namespaces = [{ id: "n1", name: "x", script: "sandpiper-dev", class: "JobObject" }];
    const api = createServer((request, response) => {
      const url = new URL(request.url ?? "", "http://api");
      const page = pages.get(url.searchParams.get("cursor") ?? "");
      const isList = url.pathname === "/accounts/a1/workers/durable_objects/namespaces/n1/objects";
      const answer = isList
        ? { result: page?.result, result_info: { cursor: page?.cursor } }
        : { result: namespaces };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ success: true, errors: [], messages: [], ...answer }));
    }).listen(0, "127.0.0.1");
    await once(api, "listening");
    const account = {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      CLOUDFLARE_API_TOKEN: "token-of-nobody",
      CLOUDFLARE_ACCOUNT_ID: "a1",
    };
    try {
      const args = ["rebuild", "--stage", "dev", "--json"];
      const { stdout } = await sandpiper(args, "", TOKEN, account);
      expect(JSON.parse(stdout)).toEqual({ rebuilt: 1, empty: 0, failed: 0 });
      const other = await sandpiper(["rebuild", "--stage", "prd"], "", TOKEN, account);
      expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("sandpiper-prd")]);
    } finally {
      api.close();
    }
  });

  test("tell of the pool, shut the service and open it again", async () => {
    const { executors } = await json(["pool"]);
    expect(executors).toMatchObject([{ name: "local", state: "joined" }]);
    expect((await sandpiper(["metrics"])).stdout).toContain("sandpiper_executors 1\n");
    await sandpiper(["maintenance", "on", "--message", "Back at noon"]);
    const submit = () =>
      fetch(`${server.url}/submit`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ code: "print(1)" }),
      });
    expect((await submit()).status).toBe(503);
    await sandpiper(["maintenance", "off"]);
    expect((await submit()).status).toBe(200);
  });

  test("are a page for browsers as well, from which the service is shut and opened", async () => {
    const browser = await launchBrowser();
    const { open } = await visit(browser, { url: server.url });
    const page = await open("#/operator");
    await page.getByLabel("Operator's token").last().fill(TOKEN);
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByText("New jobs are taken.").waitFor();
    await page.getByLabel("Message for those").fill("Back at one");
    await page.getByRole("button", { name: "Take no new jobs" }).click();
    await page.getByRole("button", { name: "Turn all submissions away" }).click();
    await page.getByText('Nothing new is taken: "Back at one"').waitFor();
    await page.getByRole("button", { name: "Take jobs again" }).click();
    await page.getByText("New jobs are taken.").waitFor();
    expect(await json(["maintenance"])).toMatchObject({ on: false });
    await browser.close();
  });

  test("say in one line what is wrong", async () => {
    const wrong = await sandpiper(["keys"], "", "not-the-token-of-anybody");
    expect([wrong.code, wrong.stderr.trim().split("\n").length]).toEqual([1, 1]);
    expect((await sandpiper(["keys"], "", "")).stderr).toContain("SANDPIPER_OPERATOR_TOKEN");
    expect((await sandpiper(["drain", "nobody"])).stderr).toContain("No executor");
  });
});
