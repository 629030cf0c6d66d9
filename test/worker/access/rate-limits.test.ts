import { beforeEach, describe, expect, it } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { addKey, serviceWith } from "../support/keys.ts";

const call = serviceWith({ RATE_LIMITS: "true", ACCESS: "keys" });
const address = (): string => ["10", ...crypto.getRandomValues(new Uint8Array(3))].join(".");

/** The limits are counted in windows of the clock: a test that needs one begins while much of it is left. */
const WINDOW_MS = 10_000;
beforeEach(async () => {
  const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS);
  if (leftMs < 0.6 * WINDOW_MS) await new Promise((resolve) => setTimeout(resolve, leftMs));
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
