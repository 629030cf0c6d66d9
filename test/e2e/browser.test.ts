import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "./support/console.ts";
import { type PageServer, startPageServer } from "./support/page-server.ts";

describe("in a browser", () => {
  let browser: Browser;
  let site: PageServer;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchBrowser(), startPageServer()]);
  }, 60_000);

  afterAll(async () => {
    await Promise.all([browser.close(), site.close()]);
  }, 60_000);

  const openPage = async (): Promise<{ page: Page; problems: string[]; requested: string[] }> => {
    const page = await browser.newPage();
    const problems: string[] = [];
    const requested: string[] = [];
    page.on("console", (message) => {
      // Browsers report each answer that is not 2xx.
      const isExpected = /\/status\/job-0+$/.test(message.location().url);
      if (message.type() === "error" && !isExpected) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => requested.push(new URL(request.url()).origin));
    return { page, problems, requested };
  };

  test("the API's page shows every operation, from the service's own assets alone", async () => {
    const url = inject("sandpiperUrl");
    const { page, problems, requested } = await openPage();
    await page.goto(`${url}/openapi`);
    await page.locator("#operations-runs-submitRun").waitFor();
    const shown = await page.locator(".opblock-summary-path").allInnerTexts();
    const paths = shown.map((text) => text.replaceAll("\u200b", "").trim());
    for (const path of ["/submit", "/status/{id}", "/logs/{id}/events"]) expect(paths).toContain(path);
    await page.locator("#operations-runs-submitRun .opblock-summary-control").click();
    await page.locator("#operations-runs-submitRun .opblock-body").waitFor();
    expect(new Set(requested.filter((origin) => origin.startsWith("http")))).toEqual(new Set([url]));
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a page of another origin submits a run, follows it and reads what it made", async () => {
    const { page, problems } = await openPage();
    await page.goto(site.url);
    await page.waitForFunction("typeof followRun === 'function'");
    const outcome = await page.evaluate(`followRun(${JSON.stringify(inject("sandpiperUrl"))})`);
    expect(outcome).toEqual({
      progress: 1,
      log: "0\n1\n2\n3\n4\n",
      statusAtFirst: "running",
      status: "completed",
      madeChars: 200_000,
      lostCode: "job_not_found",
    });
    expect(problems).toEqual([]);
    await page.close();
  });
});
