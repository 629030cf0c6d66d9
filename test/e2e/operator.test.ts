import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { eventually, expectWell, launchBrowser, visit } from "./support/console.ts";
import { type ExecutorHome, makeHome } from "./support/executors.ts";
import { FORGERS_ENVIRONMENT, startForger } from "./support/forger.ts";
import { type Server, startServer } from "./support/server.ts";

const main = path.join(root, "src/cli/main.ts");
const TOKEN = "operator-token-of-this-test";
let server: Server;
let home: ExecutorHome;

beforeAll(async () => {
  home = await makeHome();
  const trusted = `forger=${home.workerId}`;
  server = await startServer({
    vars: { ACCESS: "keys", OPERATOR_TOKEN: TOKEN, TRUSTED_EXECUTORS: trusted },
  });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await home.remove();
}, 60_000);

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
    const child = execFile(process.execPath, [main, ...args], { cwd: root, env }, (error, stdout, stderr) => {
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

  test("are a page for browsers as well, by keyboard: executors that are let go and let in, the service shut and opened", async () => {
    const browser = await launchBrowser();
    const { open, problems } = await visit(browser, { url: server.url });
    const forger = startForger(home, server.url);
    await forger.joined;
    const page = await open("#/operator/executors");
    await page.getByLabel("Operator's token").last().fill(TOKEN);
    await page.keyboard.press("Enter");
    const row = page.getByRole("row").filter({ hasText: forger.instance.slice(0, 8) });
    const refreshed = async (): Promise<string> => {
      await page.getByRole("button", { name: "Refresh" }).press("Enter");
      return (await row.allTextContents()).join();
    };
    await eventually(refreshed).toContain("joined");
    // Three attempts, none of them signed.
    const run = async (): Promise<unknown> => {
      const answer = await fetch(`${server.url}/submit`, {
        method: "POST",
        headers: { "content-type": "application/json", prefer: "wait=20" },
        body: JSON.stringify({ code: "print(1)", environment: FORGERS_ENVIRONMENT }),
      });
      return answer.json();
    };
    // What executors have is known everywhere after some seconds.
    await eventually(run).toMatchObject({ status: "failed", termination_reason: "infrastructure" });
    await eventually(refreshed).toContain("drained");
    await expectWell(page);
    await row.getByRole("button", { name: "Release" }).press("Enter");
    await row.getByRole("cell", { name: "joined" }).waitFor();
    await row.getByRole("button", { name: "Drain" }).press("Enter");
    await row.getByRole("button", { name: "Let it finish and go" }).waitFor();
    await page.keyboard.press("Enter");
    await eventually(refreshed).toBe("");

    await page.getByRole("link", { name: "Overview" }).press("Enter");
    await page.getByText("New jobs are taken.").waitFor();
    await page.getByLabel("Message for those").fill("Back at one");
    await page.getByRole("button", { name: "Take no new jobs" }).click();
    await page.getByRole("button", { name: "Turn all submissions away" }).click();
    await page.getByText('Nothing new is taken: "Back at one"').waitFor();
    await page.getByRole("button", { name: "Take jobs again" }).click();
    await page.getByText("New jobs are taken.").waitFor();
    expect(await json(["maintenance"])).toMatchObject({ on: false });
    await expectWell(page);

    await page.goto(`${server.url}/#/jobs`);
    await page.getByText("Sign in", { exact: true }).press("Enter");
    await page.getByLabel("User name").fill("anybody");
    await page.getByLabel("Key or password").fill("no key of anybody");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").first().waitFor();
    await page.getByLabel("Key or password").fill("a key of before");
    await page.keyboard.press("Enter");
    const listed = page.getByRole("region", { name: "Jobs" }).locator("tbody tr");
    await eventually(() => listed.count()).toBe(1);
    await expectWell(page);
    expect(problems).toEqual([]);
    await browser.close();
  });

  test("say in one line what is wrong", async () => {
    const wrong = await sandpiper(["keys"], "", "not-the-token-of-anybody");
    expect([wrong.code, wrong.stderr.trim().split("\n").length]).toEqual([1, 1]);
    expect((await sandpiper(["keys"], "", "")).stderr).toContain("SANDPIPER_OPERATOR_TOKEN");
    expect((await sandpiper(["drain", "nobody"])).stderr).toContain("No executor");
  });
});
