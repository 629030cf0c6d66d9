import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf, evict, jobStub, NO_TRACE, recordOf, rowOf, traceOf } from "../support/objects.ts";
import { dataOf, expectWorkloadError, keyOf, put, TAX } from "../support/workloads.ts";

/** Long enough for a thousand sockets, or 250 MB of uploads, beside other suites. */
const MANY_MS = 120_000;

afterEach(restoreClock);

const CLASSES = {
  small: { max_timeout_seconds: 5, max_memory_mb: 64, max_cpu_seconds: 2 },
  anonymous: { max_timeout_seconds: 10 },
};
const call = serviceWith({ ACCESS: "keys", QUOTA_CLASSES: JSON.stringify(CLASSES) });
const DOMESTIC = { security_type: "domestic" };
const small = async () => ({ "x-api-key": await addKey({ quotaClass: "small" }) });
type Problem = { error: string; reason?: string; details: { field: string }[] };

describe("the largest run of a class", () => {
  it("bounds time, memory and CPU, and names each field that is over", async () => {
    const body = { code: "print(1)", timeout: 6, memory_mb: 65, cpu_seconds: 3 };
    const refused = await call("/submit", await small(), body);
    const problem = await refused.json<Problem>();
    expect([refused.status, problem.details.map(({ field }) => field)]).toEqual([
      400,
      ["timeout", "memory_mb", "cpu_seconds"],
    ]);
    const fits = { code: "print(1)", timeout: 5, memory_mb: 64, cpu_seconds: 2 };
    expect((await call("/submit", await small(), fits)).status).toBe(200);
    const key = { "x-api-key": await addKey() };
    expect((await call("/submit", key, body)).status).toBe(200);
    const stranger = { "cf-connecting-ip": new Client().address };
    expect((await call("/submit", stranger, { ...body, timeout: 11 })).status).toBe(400);
    // The default, 300 s, is more than the class allows, and nobody named it.
    const plain = await call("/submit", await small(), { code: "print(1)" });
    const { job_id: id } = await plain.json<{ job_id: string }>();
    expect((await recordOf(id))?.task).toMatchObject({ limits: { timeoutMs: 5_000, cpuMs: 2_000 } });
    expect((await call("/submit", stranger, body)).status).toBe(200);
  });
});

describe("uploads of a day", () => {
  it("count as 100 MiB until they are there, then as what they are", async () => {
    const headers = await small();
    const first = await dataOf(await call(TAX, headers, DOMESTIC));
    const second = await dataOf(await call(TAX, headers, DOMESTIC));
    const refused = await expectWorkloadError(await call(TAX, headers, DOMESTIC), 429);
    expect(refused.message).toContain("upload bytes per day");
    const partName = String((first.uploads as { name: string }[])[0]?.name);
    const known = { ...DOMESTIC, uploads: { [partName]: { size_bytes: 1_000_000 } } };
    await dataOf(await call(TAX, headers, known));
    await put(keyOf(String(first.url)), "x,y\n", "text/csv");
    await dataOf(await call(`${TAX}/${first.job_id}/complete`, headers, {}));
    await dataOf(await call(TAX, headers, DOMESTIC));
    await expectWorkloadError(await call(TAX, headers, DOMESTIC), 429);
    await dataOf(await call(`${TAX}/${second.job_id}`, headers, undefined, "DELETE"));
    moveClock(24 * 3_600_000 + 1_000);
    await dataOf(await call(TAX, headers, DOMESTIC));
  });
});

describe("typed jobs", () => {
  it("count among the jobs of the hour of their owner, each once", async () => {
    const headers = await small();
    const register = (key: string) =>
      call("/jobs", { ...headers, "idempotency-key": key }, { image_url: "https://example.com/a.png" });
    for (let count = 0; count < 5; count += 1) {
      expect((await register(`job-${count}`)).status).toBe(201);
      expect((await register(`job-${count}`)).status).toBe(201);
    }
    const refused = await register("one-more");
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([429, true]);
    expect(await refused.json()).toMatchObject({ message: "Max jobs per hour reached (5)" });
    await expectWorkloadError(await call(TAX, headers, DOMESTIC), 429);
    expect((await register("job-0")).status).toBe(201);
  });
});

describe("what a client names of an upload", () => {
  it("is signed into its URL and told in the headers; without it only the host is", async () => {
    const headers = { "x-api-key": await addKey() };
    type Upload = { name: string; url: string; headers: Record<string, string> };
    const plain = (await dataOf(await call(TAX, headers, DOMESTIC))).uploads as Upload[];
    const signedOf = (url = "") => new URL(url).searchParams.get("X-Amz-SignedHeaders");
    expect(signedOf(plain[0]?.url)).toBe("host");
    const name = plain[0]?.name ?? "";
    const uploads = { [name]: { content_type: "text/csv", size_bytes: 12 } };
    const [named] = (await dataOf(await call(TAX, headers, { ...DOMESTIC, uploads }))).uploads as Upload[];
    expect(signedOf(named?.url)).toBe("content-length;content-type;host");
    expect(named?.headers).toEqual({ "Content-Type": "text/csv", "Content-Length": "12" });
    for (const [given, field] of [
      [{ nothing: {} }, "uploads.nothing"],
      [{ [name]: { content_type: "text/html" } }, `uploads.${name}.content_type`],
      [{ [name]: { content_type: "text/csv\r\nx: y" } }, `uploads.${name}.content_type`],
      [{ [name]: { size_bytes: -1 } }, `uploads.${name}.size_bytes`],
      [{ [name]: { size_bytes: 2 ** 50 } }, `uploads.${name}.size_bytes`],
      [{ [name]: { sizeBytes: 1 } }, `uploads.${name}`],
    ] as const) {
      const error = await expectWorkloadError(await call(TAX, headers, { ...DOMESTIC, uploads: given }), 422);
      expect(error.errors).toMatchObject([{ field }]);
    }
  });
});

describe("strangers of one network", () => {
  const submit = (address: string) => call("/submit", { "cf-connecting-ip": address }, { code: "print(1)" });

  it.each([
    ["an IPv4 /24", (index: number) => `192.0.2.${index}`, "192.0.3.1"],
    ["an IPv6 /48", (index: number) => `2001:db8:9:${index.toString(16)}::1`, "2001:db8:a::1"],
  ])("of %s share eight times the room of one", async (_what, address, outside) => {
    const statuses: number[] = [];
    for (let index = 1; index <= 9; index += 1)
      for (let count = 0; count < 2; count += 1) statuses.push((await submit(address(index))).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(16);
    const refused = await submit(address(200));
    expect([refused.status, (await refused.json<Problem>()).reason]).toEqual([
      429,
      "Max concurrent jobs reached (16) by this network",
    ]);
    const own = await submit(address(1));
    expect((await own.json<Problem>()).reason).toBe("Max concurrent jobs reached (2)");
    expect((await submit(outside)).status).toBe(200);
  });
});

describe("large uploads that are refused", { timeout: MANY_MS }, () => {
  it("close uploads for the rest of the hour after 30, and small ones never", async () => {
    const client = new Client();
    const send = (bytes: number) =>
      client.fetch("/submit", {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x", "content-length": String(bytes) },
        body: new Uint8Array(bytes),
      });
    const large = 8 * 1_048_576 + 1;
    for (let count = 0; count < 30; count += 1) expect((await send(large)).status).toBe(400);
    expect((await send(1_000)).status).toBe(400);
    const before = await bucketKeysOf();
    const closed = await send(large);
    expect(closed.status).toBe(429);
    expect(Number(closed.headers.get("retry-after"))).toBeGreaterThan(3_000);
    expect((await closed.json<Problem>()).error).toContain("uploads are closed");
    expect(await bucketKeysOf()).toEqual(before);
    expect((await client.post("/submit", { code: "print(1)" })).status).toBe(200);
    moveClock(3_601_000);
    expect((await send(large)).status).toBe(400);
  });
});

describe("those who follow one job", { timeout: MANY_MS }, () => {
  it("are a hundred that wait and a thousand that watch, and no more", async () => {
    const client = new Client();
    const id = await client.submit();
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => client.socket(`/stream/${id}`)));
    const refused = await client.fetch(`/stream/${id}`, { headers: { upgrade: "websocket" } });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    let answered = 0;
    const waits = Array.from({ length: 101 }, () =>
      client.fetch(`/status/${id}?wait=50`).then(() => {
        answered += 1;
      }),
    );
    await Promise.race(waits);
    expect(answered).toBe(1);
    await client.post(`/cancel/${id}`, {});
    await Promise.all(waits);
    await Promise.all(sockets.map(({ closed }) => closed));
  });
});

describe("what is left of a workload job", () => {
  it("loses files, log and payload together, and goes whole after ROW_RETENTION_DAYS", async () => {
    const headers = { "x-api-key": await addKey() };
    const data = await dataOf(await call(TAX, headers, DOMESTIC));
    const id = String(data.job_id);
    await dataOf(await call(`${TAX}/${id}/cancel`, headers, {}));
    const day = 86_400_000;
    moveClock(30 * day + 1);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    const record = await recordOf(id);
    expect(record).toMatchObject({
      filesDeletedAtMs: expect.any(Number),
      task: { inputs: { kind: "inline" } },
    });
    expect(await rowOf(id)).not.toBeNull();
    await dataOf(await call(`${TAX}/${id}`, headers));
    moveClock(60 * day);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect(await traceOf(id)).toEqual(NO_TRACE);
    await expectWorkloadError(await call(`${TAX}/${id}`, headers), 404);
  });
});
