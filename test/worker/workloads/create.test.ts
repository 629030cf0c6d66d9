import { afterEach, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { rowOf } from "../support/objects.ts";
import { suiteOwner } from "../support/suite-key.ts";
import { CHECKSUM, create, dataOf, expectWorkloadError, keyOf, read, TAX } from "../support/workloads.ts";

afterEach(restoreClock);

const DAY_MS = 86_400_000;

describe("creating a job of a workload", () => {
  it("answers with the job and a presigned PUT for each part", async () => {
    const response = await new Client().post(TAX, { security_type: "foreign" });
    const body = await response.clone().json<{ transaction_id: string }>();
    const data = await dataOf(response);
    expect(body.transaction_id).toBe(data.job_id);
    expect(data).toMatchObject({
      "@entity": "in.co.example.calculator.tax_pnl.securities.job",
      id: data.job_id,
      status: "created",
      security_type: "foreign",
      uploads: [{ name: "trades.csv", method: "PUT", url: data.url, max_bytes: 104_857_600, required: true }],
    });
    expect(Number(data.updated_at)).toBe(data.created_at);
    const [upload] = data.uploads as { url: string; expires_at: number }[];
    expect((upload?.expires_at ?? 0) - Number(data.created_at)).toBeGreaterThan(DAY_MS - 5_000);
    const query = new URL(String(data.url)).searchParams;
    expect(query.get("X-Amz-SignedHeaders")).toBe("host");
    expect(Number(query.get("X-Amz-Expires"))).toBeGreaterThan(86_390);
  });

  it("gives each job and part a key of its own, and tells nothing of the job by it", async () => {
    const client = new Client();
    const [one, other] = [await create(client, CHECKSUM, {}), await create(client, CHECKSUM, {})];
    const keys = [...one.keys.values(), ...other.keys.values()];
    expect(new Set(keys).size).toBe(4);
    expect(keys.join()).not.toContain(one.id);
  });

  it("takes params from the query too, numbers and booleans as JSON, and the body goes first", async () => {
    const client = new Client();
    const fromQuery = await dataOf(await client.fetch(`${TAX}?security_type=foreign`, { method: "POST" }));
    expect(fromQuery.security_type).toBe("foreign");
    const both = await client.post(`${TAX}?security_type=foreign`, { security_type: "domestic" });
    expect((await dataOf(both)).security_type).toBe("domestic");
    expect((await dataOf(await client.post(`${CHECKSUM}?label=12`, {}))).label).toBe("12");
  });

  it("is refused with the reason where the request does not fit", async () => {
    const client = new Client();
    const bad = await expectWorkloadError(await client.post(TAX, { security_type: "lunar" }), 422);
    expect(bad.errors).toMatchObject([{ field: "security_type" }]);
    await expectWorkloadError(await client.post(TAX, {}), 422);
    await expectWorkloadError(await client.post(TAX, []), 400);
    const send = (body: string, type: string) =>
      client.fetch(TAX, { method: "POST", body, headers: { "content-type": type } });
    await expectWorkloadError(await send("{", "application/json"), 400);
    await expectWorkloadError(await send("a=b", "text/plain"), 415);
    await expectWorkloadError(await send(" ".repeat(70_000), "application/json"), 413);
    const hook = await client.post(TAX, { security_type: "foreign", webhook_url: "https://a.example" });
    expect(hook.status).toBe(suiteOwner() === null ? 403 : 200);
  });

  it("leaves a row to search by, and the row of another face has nothing of it", async () => {
    const client = new Client();
    const { id } = await create(client);
    expect(await rowOf(id)).toMatchObject({
      public_id: id,
      face: "workloads",
      state: "created",
      workload: TAX.slice(1),
      owner: suiteOwner() ?? "",
      params: '{"security_type":"domestic"}',
    });
  });

  it("under a key of idempotency makes one job, with a fresh URL each time", async () => {
    const client = new Client();
    const post = (key: string, body: unknown) =>
      client.fetch(TAX, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "idempotency-key": key },
      });
    const first = await dataOf(await post("a", { security_type: "foreign" }));
    moveClock(3_600_000);
    const again = await post("a", { security_type: "foreign" });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const second = await dataOf(again);
    expect(second.job_id).toBe(first.job_id);
    expect(second.url).not.toBe(first.url);
    expect(keyOf(String(second.url))).toBe(keyOf(String(first.url)));
    const expires = Number(new URL(String(second.url)).searchParams.get("X-Amz-Expires"));
    expect(expires).toBeLessThanOrEqual(23 * 3_600);
    await expectWorkloadError(await post("a", { security_type: "domestic" }), 422);
    const elsewhere = await new Client().fetch(TAX, {
      method: "POST",
      body: JSON.stringify({ security_type: "foreign" }),
      headers: { "content-type": "application/json", "idempotency-key": "a" },
    });
    // Strangers are kept apart by their addresses; an owner is the same everywhere.
    expect((await dataOf(elsewhere)).job_id === first.job_id).toBe(suiteOwner() !== null);
    await expectWorkloadError(await post("a b", {}), 400);
  });
});

describe("the routes of a workload", () => {
  it("know a job by its path and by the query, and no job of another workload", async () => {
    const client = new Client();
    const { id } = await create(client);
    expect(await read(client, TAX, id)).toMatchObject({ job_id: id, waiting_for: ["trades.csv"] });
    expect(await dataOf(await client.fetch(`${TAX}?job_id=${id}`))).toMatchObject({ job_id: id });
    await expectWorkloadError(await client.fetch(`${CHECKSUM}/${id}`), 404);
    await expectWorkloadError(await client.fetch(`${TAX}/${crypto.randomUUID()}`), 404);
    await expectWorkloadError(await client.fetch(`${TAX}/job-${"0".repeat(32)}`), 404);
    await expectWorkloadError(await client.fetch(TAX), 400);
    for (const act of ["complete", "cancel"]) {
      const response = await client.post(`${TAX}/${crypto.randomUUID()}/${act}`, {});
      await expectWorkloadError(response, 404);
    }
  });

  it("hide the runs, and a run's routes hide the jobs of workloads", async () => {
    const client = new Client();
    const { id } = await create(client);
    expect((await client.fetch(`/status/${id}`)).status).toBe(404);
    expect((await client.fetch(`/logs/${id}`)).status).toBe(404);
  });

  it("answer a wrong method and a path below them in their own shape", async () => {
    const client = new Client();
    const wrong = await client.fetch(TAX, { method: "DELETE" });
    expect(wrong.headers.get("allow")).toContain("POST");
    await expectWorkloadError(wrong, 405);
    await expectWorkloadError(await client.fetch(`${TAX}/a/b/c`), 404);
    expect((await client.fetch("/calculator/tax-pnl")).headers.get("content-type")).toContain("problem");
  });

  it("are all in the API description, with the workload's own params", async () => {
    const description = await new Client().json<{ paths: Record<string, Record<string, unknown>> }>(
      "/openapi/openapi.json",
    );
    expect(Object.keys(description.paths).filter((path) => path.startsWith(TAX))).toEqual([
      TAX,
      `${TAX}/search`,
      `${TAX}/{job_id}`,
      `${TAX}/{job_id}/complete`,
      `${TAX}/{job_id}/cancel`,
    ]);
    expect(Object.keys(description.paths[TAX] ?? {})).toEqual(["post", "get"]);
    expect(JSON.stringify(description.paths[TAX]?.post)).toContain('"enum":["domestic","foreign"]');
  });
});
