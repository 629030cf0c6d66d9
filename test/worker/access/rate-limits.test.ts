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

  it("are not escaped by a text in the place of a key, a new one with each request, and leave real keys alone", async () => {
    const path = "/cancel/job-00000000000000000000000000000000";
    const places = [
      (text: string) => ({ "x-api-key": text }),
      (text: string) => ({ authorization: `Bearer ${text}` }),
      (text: string) => ({ authorization: `Basic ${btoa(`u:${text}`)}` }),
    ];
    const flood = async () => {
      const from = { "cf-connecting-ip": address() };
      const key = { ...from, "x-api-key": await addKey() };
      const cancel = async (headers: Record<string, string>) => (await call(path, headers, {})).status;
      const known = await cancel(key);
      const sent = Array.from({ length: 75 }, (_none, index) =>
        cancel({ ...from, ...places[index % places.length]?.(crypto.randomUUID()) }),
      );
      const statuses = await Promise.all(sent);
      return { statuses, others: [known, await cancel(key), await cancel(from)] };
    };
    // What went on into another window says nothing.
    const windowNow = (): number => Math.floor(Date.now() / WINDOW_MS);
    let began = windowNow();
    let seen = await flood();
    while (windowNow() !== began) {
      began = windowNow();
      seen = await flood();
    }
    expect(seen.statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(60);
    expect(seen.statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(15);
    expect(seen.others).toEqual([404, 404, 404]);
  });

  it("leave executors, the operator and the health checks alone", async () => {
    const from = { "cf-connecting-ip": address() };
    const statuses = new Set<number>();
    for (let count = 0; count < 70; count += 1)
      statuses.add((await call("/executor/attempts/none/events", from, {})).status);
    expect(statuses.has(429)).toBe(false);
  });
});
