import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { Client } from "../support/client.ts";
import { HandExecutor, inputsOf } from "../support/hand-executor.ts";
import { CSV, create, dataOf, put, read, TAX } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const client = new Client();
const MIB = 1_048_576;

const started = async () => {
  const { id, keys } = await create(client);
  await put(keys.get("trades.csv"), CSV);
  await read(client, TAX, id);
  return { id, attempt: await executor.of(id) };
};

const file = (path: string, content: string) => ({
  path,
  sizeBytes: content.length,
  sha256: "a".repeat(64),
});

describe("a program of a workload", () => {
  it("gets its own files, the params, a folder for outputs, and limits with room for the uploads", async () => {
    const { attempt } = await started();
    const { program, outputs, limits } = attempt.request;
    expect(program).toMatchObject({
      interpreter: "python3",
      entrypoint: "tax_pnl.py",
      environment: "default",
    });
    expect(outputs).toEqual({ root: "outputs", patterns: ["report.csv", "report.json"] });
    expect(limits).toMatchObject({
      timeoutMs: 600_000,
      cpuMs: 300_000,
      workspaceBytes: 100 * MIB + 4_096,
      memoryBytes: 2_048 * MIB + 4_096,
      outputFiles: 2,
    });
    const tar = new TextDecoder().decode(await inputsOf(attempt.request));
    expect(tar).toContain("tax_pnl.py");
    expect(tar).toContain('{"security_type":"domestic"}');
    expect(tar).toContain("outputs/");
    expect(JSON.stringify(attempt.request)).not.toContain("api");
    await attempt.finish();
  });

  it("leaves its declared outputs to download, each by a URL that names the file", async () => {
    const { id, attempt } = await started();
    const files = [file("report.json", "{}"), file("stray.txt", "?"), file("report.csv", "a,b")];
    await attempt.uploadUrls(files);
    await attempt.finish({ outputs: files });
    const data = await read(client, TAX, id);
    expect(data).toMatchObject({
      status: "succeeded",
      outputs: [
        {
          name: "report.csv",
          content_type: "text/csv",
          size_bytes: 3,
          sha256: "a".repeat(64),
          url: data.url,
        },
        { name: "report.json", content_type: "application/json", size_bytes: 2 },
      ],
    });
    const url = new URL(String(data.url));
    expect(url.pathname).toContain(bucketKeys.output(attempt.request.attemptId, 2));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      "X-Amz-Expires": "3600",
      "response-content-disposition": 'attachment; filename="report.csv"',
      "response-content-type": "text/csv",
    });
    expect((await read(client, TAX, id)).url).toMatch(/^http:\/\/r2\.test\//);
  });

  it("that fails shows why, with the end of its log in at most 4 KiB", async () => {
    const { id, attempt } = await started();
    await attempt.log("äöü".repeat(5_000));
    await attempt.log('line 17: quantity "x" is not a number\n', "stderr");
    await attempt.finish({ exitCode: 1 });
    const data = await read(client, TAX, id);
    expect(data).toMatchObject({ status: "failed", error: { reason: "exit" } });
    const tail = String(data.log_tail);
    expect(tail.endsWith('äöüline 17: quantity "x" is not a number\n')).toBe(true);
    expect(tail).not.toContain("\ufffd");
    const { length } = new TextEncoder().encode(tail);
    expect(length).toBeLessThanOrEqual(4_096);
    expect(length).toBeGreaterThan(4_093);
    expect([data.url, data.outputs]).toEqual([undefined, undefined]);
  });

  it("is stopped by cancel, and cancelling again changes nothing", async () => {
    const { id, attempt } = await started();
    expect(await read(client, TAX, id)).toMatchObject({ status: "in_progress" });
    const data = await dataOf(await client.post(`${TAX}/${id}/cancel`, {}));
    expect(data).toMatchObject({ status: "cancelled", error: { reason: "cancelled" } });
    expect(attempt.isCancelled).toBe(true);
    const again = await dataOf(await client.post(`${TAX}/${id}/cancel`, {}));
    expect(again).toEqual(data);
  });
});
