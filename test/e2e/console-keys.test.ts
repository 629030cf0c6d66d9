import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { eventually, expectWell, launchBrowser, visit } from "./support/console.ts";
import { keyFor, OPERATOR_TOKEN } from "./support/keys.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser.close(), 60_000);

const submit = async (key: string, code: string, more = {}): Promise<string> => {
  const response = await fetch(`${inject("sandpiperUrl")}/submit`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json", prefer: "wait=20" },
    body: JSON.stringify({ code, ...more }),
  });
  return ((await response.json()) as { job_id: string }).job_id;
};

describe("the console of a key's holder", () => {
  test("lists the owner's runs and use, and runs one again", async () => {
    const owner = `console-${Date.now()}`;
    const key = await keyFor(inject("sandpiperUrl"), owner);
    await submit(key, "print('first')");
    await submit(key, "raise SystemExit(3)");
    const { open, problems } = await visit(browser);
    const page = await open("#/mine");
    await page.getByText("Sign in with a key").waitFor();
    await page.getByText("Sign in", { exact: true }).click();
    await page.getByLabel("Key or password").fill(key);
    await page.getByRole("button", { name: "Use" }).click();
    const rows = page.getByRole("region", { name: "Runs" }).locator("tbody tr");
    await eventually(() => rows.count()).toBe(2);
    await page.getByRole("heading", { name: `Usage of ${owner}` }).waitFor();
    await page.getByText("2 of 1000").waitFor();
    await expectWell(page);
    await page.getByLabel("Status").selectOption("failed");
    await eventually(() => rows.allInnerTexts()).toEqual([expect.stringContaining("exit 3")]);
    await page.getByLabel("Status").selectOption("completed");
    await eventually(() => rows.allInnerTexts()).toEqual([expect.stringContaining("exit 0")]);
    await page.getByRole("button", { name: /^Repeat/ }).click();
    await page.getByText("Completed", { exact: true }).waitFor();
    await page.getByText("first", { exact: true }).waitFor();
    await page.getByRole("link", { name: "My runs" }).click();
    await eventually(() => rows.count()).toBe(2);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

describe("the console of the operator", () => {
  test("shows what runs and who may, and acts on it; the token stays with the tab", async () => {
    const owner = `operated-${Date.now()}`;
    const { context, open, problems } = await visit(browser);
    const page = await open("#/operator");
    const urls: string[] = [];
    context.on("request", (request) => urls.push(request.url()));
    await page.getByLabel("Operator's token").last().fill("not the token");
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByRole("alert").first().waitFor();
    await page.getByRole("button", { name: "Forget the token" }).click();
    await page.getByLabel("Operator's token").last().fill(OPERATOR_TOKEN);
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByText("Programs that run").waitFor();
    await expectWell(page);
    const part = (name: string) =>
      page.getByRole("navigation", { name: "Parts" }).getByRole("link", { name }).click();

    await part("Keys");
    await page.getByText("Make a key", { exact: true }).click();
    await page.getByLabel("Owner (required)").fill(owner);
    await page.getByRole("button", { name: "Make", exact: true }).click();
    const key = (await page.locator("code").textContent()) ?? "";
    expect(key).toMatch(/^spk_/);
    const made = page.getByRole("row").filter({ hasText: owner });
    await made.getByRole("button", { name: "Rotate" }).press("Enter");
    await eventually(() => made.count()).toBe(2);
    const rotated = (await page.locator("code").textContent()) ?? "";
    expect(rotated).not.toBe(key);
    // The old one ends by itself, a little later.
    const old = made.filter({ has: page.locator("td:nth-child(6) time") });
    await old.getByRole("button", { name: "Revoke" }).press("Enter");
    await page.getByRole("button", { name: "Revoke it for good" }).waitFor();
    await page.keyboard.press("Enter");
    await old.getByText("over", { exact: true }).waitFor();
    await expectWell(page);
    let answer = 503;
    const receiver = createServer((_request, response) => response.writeHead(answer).end());
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void receiver.close());
    const webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const id = await submit(rotated, "print(1)", { webhook_url: webhook });
    expect(id).toMatch(/^job-/);

    await part("Jobs");
    await page.getByLabel("Owner").fill(owner);
    await page.getByLabel("Owner").press("Enter");
    const jobs = page.getByRole("region", { name: "Jobs of every face" });
    await eventually(() => jobs.locator("tbody tr").count()).toBe(1);
    await expectWell(page);
    await jobs.getByRole("link").click();
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    await page.getByText("succeeded").first().waitFor();
    await expectWell(page);
    expect(await page.content()).not.toContain(id);
    await page.getByRole("button", { name: /^Delete/ }).click();
    await page.getByRole("button", { name: "Delete it with all its files" }).click();
    await page.getByText("There are none.").waitFor();

    await part("Executors");
    await page
      .getByRole("region", { name: "List of executors" })
      .getByRole("cell", { name: "joined" })
      .waitFor();
    await expectWell(page);

    await part("Blocks");
    await page.getByText("Shut somebody out", { exact: true }).click();
    await page.getByLabel("Value (required)").fill("no address");
    await page.getByLabel(/^Reason/).fill("a flood");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Value (required)").fill("192.0.2.77");
    await page.getByRole("button", { name: "Block", exact: true }).click();
    await page.getByRole("button", { name: "Take back the block of 192.0.2.77" }).waitFor();
    await expectWell(page);
    await page.getByRole("button", { name: "Take back the block of 192.0.2.77" }).click();
    await page.getByText("There are none.").waitFor();

    await part("Deliveries");
    const deliveries = page.getByRole("region", { name: "List of deliveries" });
    await page.getByLabel("State").selectOption("pending");
    await deliveries.getByText("503").first().waitFor();
    await expectWell(page);
    answer = 204;
    await deliveries
      .getByRole("button", { name: /^Send again/ })
      .first()
      .click();
    await page.getByLabel("State").selectOption("delivered");
    await eventually(async () => {
      await page.getByRole("button", { name: "Refresh" }).click();
      return deliveries.getByText("204").count();
    }).toBeGreaterThan(0);

    expect(urls.filter((url) => url.includes(OPERATOR_TOKEN))).toEqual([]);
    const lasting = await page.evaluate<string>(
      "JSON.stringify([localStorage, location.href, document.cookie])",
    );
    expect(lasting).not.toContain(OPERATOR_TOKEN);
    expect(lasting).not.toContain(rotated);
    await page.reload();
    await page.getByRole("heading", { name: "Deliveries", exact: true }).waitFor();
    const other = await open("#/operator");
    await other.getByRole("form", { name: "Operator's token" }).waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });
});
