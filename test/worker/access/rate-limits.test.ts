import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { startCounting } from "../support/counting.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { bucketKeysOf } from "../support/objects.ts";

const call = serviceWith({ RATE_LIMITS: "true", ACCESS: "keys" });
const CODE = { code: "print(1)", interpreter: "python3" };
const address = (): string => ["10", ...crypto.getRandomValues(new Uint8Array(3))].join(".");

/** The limits are counted in windows of the clock: a test that needs one begins while much of it is left. */
const WINDOW_MS = 10_000;
beforeEach(async () => {
  const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (leftMs < 0.6 * WINDOW_MS) await new Promise((resolve) => setTimeout(resolve, leftMs));
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the rate limits", () => {
  it("let 60 changes and 600 reads pass in 10 s, and count a key apart from its address", async () => {
    const from = { "cf-connecting-ip": address() };
    const path = "/cancel/job-00000000000000000000000000000000";
    const answers = [];
    for (let count = 0; count < 61; count += 1) answers.push((await call(path, from, {})).status);
    expect(answers.slice(0, 60).every((status) => status === 404)).toBe(true);
    expect(answers[60]).toBe(429);
    const refused = await call(path, from, {});
    expect(refused.headers.get("retry-after")).toBe("10");
    await expectProblem(refused, 429, "rate_limited");
    expect((await call("/stats", from)).status).toBe(200);
    expect((await call(path, { ...from, "x-api-key": await addKey() }, {})).status).toBe(404);
  });

  it("leave executors, the operator and the health checks alone", async () => {
    const from = { "cf-connecting-ip": address() };
    const statuses = new Set<number>();
    for (let count = 0; count < 70; count += 1)
      statuses.add((await call("/executor/attempts/none/events", from, {})).status);
    expect(statuses.has(429)).toBe(false);
  });
});

describe("80 submissions of four strangers over the limit", () => {
  it("touch no object, and store no row and no byte", async () => {
    const addresses = Array.from({ length: 4 }, address);
    const fill = (one: string) =>
      call("/cancel/job-00000000000000000000000000000000", { "cf-connecting-ip": one }, {});
    await Promise.all(addresses.flatMap((one) => Array.from({ length: 60 }, () => fill(one))));
    const counts = await startCounting();
    const before = await bucketKeysOf();
    const statuses = await Promise.all(
      addresses.flatMap((one) =>
        Array.from(
          { length: 20 },
          async () => (await call("/submit", { "cf-connecting-ip": one }, CODE)).status,
        ),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([429]));
    expect(counts.objectRequests).toEqual([]);
    expect(counts.objectRows).toEqual([]);
    expect(counts.databaseRowsWritten).toBe(0);
    expect(await bucketKeysOf()).toEqual(before);
  });
});
