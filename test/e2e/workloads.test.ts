import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTrades, type TradesOptions, tradesCsv } from "../../scripts/lib/trades.ts";
import { fifoReport } from "./support/fifo-report.ts";
import { CHECKSUM, curlPut, ended, post, read, TAX } from "./support/workload-client.ts";

const MIB = 1_048_576;
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sandpiper-workloads-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const csvFile = (options: TradesOptions): string => {
  const file = path.join(folder, `${options.securityType}-${options.count}.csv`);
  writeFileSync(file, [...tradesCsv(makeTrades(options), options.securityType)].join(""));
  return file;
};
const asCsv = ["-H", "Content-Type: text/csv"];

const uploadTrades = async (options: TradesOptions) => {
  const { job_id: id, url } = await post(TAX, { security_type: options.securityType });
  expect(await curlPut(url, asCsv, csvFile(options))).toBe(200);
  return id;
};

type Report = { trades: number; totals: Record<string, string>; securities: Record<string, string>[] };

describe("calculator/tax-pnl/securities", () => {
  it.each([
    { count: 100_000, securityType: "domestic", months: 12 },
    { count: 5_000, securityType: "foreign", months: 24 },
  ] as const)(
    "reports on $count $securityType trades, exactly as computed by other means",
    async ({ months, ...options }) => {
      const job = await ended(TAX, await uploadTrades(options));
      expect(job).toMatchObject({ status: "succeeded", url: job.outputs[0]?.url });
      const expected = fifoReport(makeTrades(options), months);
      const [csv, json] = await Promise.all(job.outputs.map(async ({ url }) => (await fetch(url)).text()));
      const report = JSON.parse(json ?? "") as Report;
      expect(report.trades).toBe(options.count);
      expect(report.securities).toEqual(
        [...expected.values()].sort((a, b) => ((a.security ?? "") < (b.security ?? "") ? -1 : 1)),
      );
      expect(report.securities.some((line) => line.long_term_gain !== "0")).toBe(true);
      const lines = (csv ?? "").trimEnd().split("\n");
      expect(lines).toHaveLength(expected.size + 1);
      expect(lines[1]).toBe(Object.values(report.securities[0] ?? {}).join(","));
      for (const { name, sha256 } of job.outputs) {
        const text = name === "report.csv" ? csv : json;
        expect(
          createHash("sha256")
            .update(text ?? "")
            .digest("hex"),
        ).toBe(sha256);
      }
    },
    120_000,
  );

  it("takes at a URL with a named type and size nothing else, and at a plain one whatever comes", async () => {
    const file = path.join(folder, "named.csv");
    writeFileSync(file, "date,security,side,quantity,price\n");
    const longer = path.join(folder, "longer.csv");
    writeFileSync(longer, "date,security,side,quantity,price\n2026-01-05,ABC,BUY,10,100\n");
    const plain = await post(TAX, { security_type: "domestic" });
    const part = plain.uploads[0]?.name ?? "";
    expect(await curlPut(plain.url, ["-H", "Content-Type: text/html"], longer)).toBe(200);
    const uploads = { [part]: { content_type: "text/csv", size_bytes: 34 } };
    const named = await post(TAX, { security_type: "domestic", uploads });
    expect(await curlPut(named.url, ["-H", "Content-Type: text/html"], file)).toBe(403);
    expect(await curlPut(named.url, asCsv, longer)).toBe(403);
    expect(await curlPut(named.url, asCsv, file)).toBe(200);
  });

  it("names the lines that it cannot use", async () => {
    const { job_id: id, url } = await post(TAX, { security_type: "domestic" });
    const file = path.join(folder, "bad.csv");
    const rows = [
      "2026-01-05,ABC,BUY,10,100",
      "2026-01-06,ABC,HOLD,1,100",
      "2026-01-07,ABC,SELL,x,100",
      "short",
    ];
    writeFileSync(file, `date,security,side,quantity,price\n${rows.join("\n")}\n`);
    expect(await curlPut(url, asCsv, file)).toBe(200);
    const job = await ended(TAX, id);
    expect(job).toMatchObject({ status: "failed", error: { reason: "exit" } });
    expect(job.log_tail).toBe(
      [
        'line 3: side "HOLD" is neither BUY nor SELL',
        'line 4: quantity "x" is not a number',
        "line 5: has 1 columns instead of 5\n",
      ].join("\n"),
    );
  });

  it("starts by its own alarm, where nobody asks and no event comes", async () => {
    const id = await uploadTrades({ count: 100, securityType: "domestic" });
    const uploadedAtMs = Date.now();
    await delay(4_000);
    const job = await read(TAX, id);
    expect(job.status).not.toBe("created");
    process.stdout.write(`the alarm: ended ${Number(job.updated_at) - uploadedAtMs} ms after the upload\n`);
  });

  it("starts at once by a poll, and by the complete call", async () => {
    for (const [name, trigger] of [
      ["the complete call", (id: string) => post(`${TAX}/${id}/complete`, {})],
      ["a poll", (id: string) => read(TAX, id)],
    ] as const) {
      const id = await uploadTrades({ count: 100, securityType: "domestic" });
      const sinceMs = performance.now();
      expect((await trigger(id)).status).not.toBe("created");
      process.stdout.write(`${name}: started after ${Math.round(performance.now() - sinceMs)} ms\n`);
      expect(await ended(TAX, id)).toMatchObject({ status: "succeeded" });
    }
  });
});

describe("a presigned URL", () => {
  it("is refused by the bucket itself with another key, another method, or after its time", async () => {
    const { job_id: id, url } = await post(TAX, { security_type: "domestic" });
    const other = new URL(url);
    other.pathname = `${other.pathname}0`;
    const file = csvFile({ count: 10, securityType: "domestic" });
    expect(await curlPut(other.href, asCsv, file)).toBe(403);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    const longer = new URL(url);
    longer.searchParams.set("X-Amz-Expires", "604800");
    expect(await curlPut(longer.href, asCsv, file)).toBe(403);
    const client = new AwsClient({
      accessKeyId: "local",
      secretAccessKey: "local-secret",
      service: "s3",
      region: "auto",
    });
    const past = new URL(url.split("?")[0] ?? "");
    past.searchParams.set("X-Amz-Expires", "60");
    const datetime = new Date(Date.now() - 61_000).toISOString().replace(/[:-]|\.\d{3}/g, "");
    const expired = await client.sign(past.href, { method: "PUT", aws: { signQuery: true, datetime } });
    expect(await curlPut(expired.url, asCsv, file)).toBe(403);
    expect(await read(TAX, id)).toMatchObject({ status: "created", waiting_for: ["trades.csv"] });
    expect(await curlPut(url, [...asCsv, "-H", "X-Unsigned: yes"], file)).toBe(200);
  });

  it("answers a browser's preflight", async () => {
    const { url } = await post(TAX, { security_type: "domestic" });
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: {
        // The local runtime takes no other origins than local ones; in production the bucket has its own rules.
        origin: "http://127.0.0.1:1",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type",
      },
    });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
  });
});

describe("files/checksum/sha256", () => {
  const block = Buffer.alloc(MIB, "0123456789abcdef");
  const size = Number(process.env.SANDPIPER_UPLOAD_MIB ?? "256");

  it("takes a large upload whose bytes never pass through the Worker", async () => {
    const file = path.join(folder, "large");
    const hash = createHash("sha256");
    for (let count = 0; count < size; count += 1) {
      appendFileSync(file, block);
      hash.update(block);
    }
    const { job_id: id, url } = await post(CHECKSUM, { label: "large" });
    const sinceMs = performance.now();
    expect(await curlPut(url, [], file)).toBe(200);
    const uploadedMs = performance.now() - sinceMs;
    const job = await ended(CHECKSUM, id, 20);
    process.stdout.write(
      `${size} MiB: uploaded in ${Math.round(uploadedMs)} ms, all in ${Math.round(performance.now() - sinceMs)} ms\n`,
    );
    expect(job).toMatchObject({ status: "succeeded" });
    const report = await (await fetch(job.outputs[0]?.url ?? "")).json();
    expect(report).toMatchObject({ size_bytes: size * MIB, sha256: hash.digest("hex") });
  }, 600_000);
});
