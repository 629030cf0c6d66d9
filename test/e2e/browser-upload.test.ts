import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type PageServer, startPageServer } from "./support/page-server.ts";
import { CHECKSUM, ended } from "./support/workload-client.ts";

describe("a page of another origin", () => {
  let browser: Browser;
  let site: PageServer;
  beforeAll(async () => {
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
    [browser, site] = await Promise.all([
      chromium.launch({ executablePath: "/usr/bin/chromium", args }),
      startPageServer(),
    ]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([browser.close(), site.close()]);
  });

  it("creates a job, uploads a file to its presigned URL, and reads the output", async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const created = await page.evaluate(
      async ([base, route]) => {
        const answer = await fetch(`${base}${route}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ label: "from a page" }),
        });
        const { data } = (await answer.json()) as { data: { job_id: string; url: string } };
        const body = new Blob(["a".repeat(5_000_000)], { type: "text/plain" });
        const stored = await fetch(data.url, { method: "PUT", body });
        return { id: data.job_id, status: stored.status, etag: stored.headers.get("etag") };
      },
      [inject("sandpiperUrl"), CHECKSUM] as const,
    );
    expect(created).toMatchObject({ status: 200, etag: expect.stringMatching(/"/) });
    const job = await ended(CHECKSUM, created.id);
    const url = job.outputs[0]?.url ?? "";
    const report = await page.evaluate(async (from) => (await fetch(from)).json(), url);
    expect(report).toMatchObject({ label: "from a page", size_bytes: 5_000_000 });
  });
});
