import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rawFetch } from "./support/client.ts";
import { eventually, expectWell, launchBrowser, visit } from "./support/console.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser.close(), 60_000);

const post = async (path: string, body: unknown, headers = {}) => {
  const response = await rawFetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
};

const TRADES = "date,security,side,quantity,price\n2024-01-02,ABC,BUY,10,5\n2024-03-04,ABC,SELL,10,7\n";

describe("the console's workloads", () => {
  test("uploads a file to a new job, follows it and hands over its outputs", async () => {
    const { open, problems, origins } = await visit(browser);
    const page = await open("#/workloads/calculator/tax-pnl/securities");
    await page.getByLabel("security_type (required)").selectOption("domestic");
    const file = { name: "trades.csv", mimeType: "text/csv", buffer: Buffer.from(TRADES) };
    await page.getByLabel("trades.csv (required)").setInputFiles(file);
    await page.getByRole("button", { name: "Upload and start" }).click();
    await page.getByRole("heading", { name: "Succeeded" }).waitFor();
    expect(page.url()).toMatch(/#\/workloads\/calculator\/tax-pnl\/securities\/[0-9a-f-]{36}$/);
    const download = page.waitForEvent("download");
    await page.getByRole("region", { name: "Outputs" }).getByRole("link").first().click();
    expect((await download).suggestedFilename()).toMatch(/\.(csv|json)$/);
    await expectWell(page);
    await page.reload();
    await page.getByRole("heading", { name: "Succeeded" }).waitFor();

    await page.getByRole("link", { name: "All jobs" }).click();
    const rows = page.getByRole("region", { name: "Jobs of this workload" }).locator("tbody tr");
    await rows.first().waitFor();
    await page.getByLabel("Status").selectOption("expired");
    await page.getByText("There are none.").waitFor();
    await page.getByLabel("Status").selectOption("succeeded");
    await rows.first().waitFor();
    await expectWell(page);
    expect([...origins]).toEqual([inject("sandpiperUrl")]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("stops an upload, and says what a job died of", async () => {
    const { context, open } = await visit(browser);
    const page = await open("#/workloads/calculator/tax-pnl/securities");
    await page.getByLabel("security_type (required)").selectOption("foreign");
    const upload = async (buffer: Buffer): Promise<void> => {
      await page
        .getByLabel("trades.csv (required)")
        .setInputFiles({ name: "trades.csv", mimeType: "text/csv", buffer });
      await page.getByRole("button", { name: "Upload and start" }).click();
    };
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    const slow = { offline: false, latency: 50, downloadThroughput: 1_000_000, uploadThroughput: 100_000 };
    await devtools.send("Network.emulateNetworkConditions", slow);
    await upload(Buffer.alloc(4_000_000, "x"));
    await page.getByRole("progressbar").waitFor();
    await page.getByRole("button", { name: "Stop the upload" }).click();
    await page.getByRole("alert").getByText("The upload was stopped").waitFor();
    await devtools.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });
    await upload(Buffer.from("not,trades\n1,2\n"));
    await page.getByRole("heading", { name: "Failed" }).waitFor();
    await page.locator("p.problem").waitFor();
    await context.close();
  });
});

describe("the console's jobs", () => {
  const change = async (id: string, body: unknown): Promise<void> => {
    const headers = { "content-type": "application/json" };
    await rawFetch(`/jobs/${id}`, { method: "PATCH", headers, body: JSON.stringify(body) });
  };

  test("shows them page by page, filtered, and one with what happened to it", async () => {
    const { open, problems } = await visit(browser);
    const ids = await Promise.all(
      Array.from({ length: 51 }, async (_, n) => {
        const { job_id: id } = await post("/jobs", { image_url: `https://example.com/${n}.png` });
        return String(id);
      }),
    );
    const [broken = ""] = ids;
    await change(broken, { status: "error", errors: ["it <b>broke</b>"] });
    const page = await open("#/jobs");
    const rows = page.getByRole("region", { name: "Jobs" }).locator("tbody tr");
    await eventually(() => rows.count()).toBe(50);
    const first = await rows.first().textContent();
    await page.getByRole("button", { name: "Older" }).click();
    await eventually(() => rows.first().textContent()).not.toBe(first);
    await page.getByRole("button", { name: "Newer" }).click();
    await eventually(() => rows.first().textContent()).toBe(first);
    await expectWell(page);
    await page.getByLabel("Status").selectOption("error");
    await page.getByRole("link", { name: broken.slice(0, 8) }).click();
    await page.getByText("it <b>broke</b>").waitFor();
    await page.getByText("https://example.com/0.png").waitFor();
    await expectWell(page);
    await page.reload();
    await page.getByText("it <b>broke</b>").waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test("come anew when the tab comes to the front, and never by the clock", async () => {
    const { context, open } = await visit(browser);
    const { job_id: id } = await post("/jobs", { image_url: "https://example.com/front.png" });
    const page = await open(`#/jobs/${id}`);
    await page.getByRole("heading", { name: "queued" }).waitFor();
    let asked = 0;
    page.on("request", () => {
      asked += 1;
    });
    await change(String(id), { status: "processing" });
    await page.waitForTimeout(1_500);
    expect(asked).toBe(0);
    await page.evaluate("dispatchEvent(new Event('focus'))");
    await page.getByRole("heading", { name: "processing" }).waitFor();
    await context.close();
  });

  test("are registered, and settings changed, by forms of the deployment's own models", async () => {
    const { open } = await visit(browser);
    const page = await open("#/jobs");
    await page.getByText("Settings", { exact: true }).click();
    await page.getByRole("form", { name: "Change settings" }).getByLabel("min_confidence").fill("0.7");
    await page.getByRole("button", { name: "Change" }).click();
    await page.getByText("0.7", { exact: true }).waitFor();
    await page.getByText("Register a job", { exact: true }).click();
    const form = page.getByRole("form", { name: "Register a job" });
    await form.getByLabel("image_url").fill("no address");
    await form.getByRole("button", { name: "Register" }).click();
    await form.getByRole("alert").getByText("image_url").waitFor();
    await form.getByLabel("image_url").fill("https://example.com/a.png");
    await form.getByLabel("max_captions").fill("7");
    await form.getByRole("button", { name: "Register" }).click();
    await page.getByText('"max_captions": 7').waitFor();
    await page.context().close();
  });

  test("are asked for with the visitor's credentials, which are kept for the tab alone", async () => {
    const { context, open } = await visit(browser);
    const page = await open("#/jobs");
    const sent = new Set<string>();
    page.on("request", (request) => sent.add(request.headers().authorization ?? ""));
    const signIn = async (user: string): Promise<void> => {
      await page.getByLabel("User name").fill(user);
      await page.getByLabel("Key or password").fill("open sesame");
      await page.getByRole("button", { name: "Use" }).click();
    };
    await page.getByText("Sign in").click();
    await signIn("me");
    const basic = `Basic ${Buffer.from("me:open sesame").toString("base64")}`;
    await eventually(() => [...sent]).toContain(basic);
    await signIn("");
    await eventually(() => [...sent]).toContain("Bearer open sesame");
    const stored = await page.evaluate<string>(
      "JSON.stringify([localStorage, location.href, document.cookie])",
    );
    expect(stored).not.toContain("sesame");
    sent.clear();
    await page.reload();
    await eventually(() => [...sent]).toContain("Bearer open sesame");
    const other = await open("#/jobs");
    await other.getByText("Sign in").waitFor();
    await context.close();
  });
});
