import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../src/domain/backoff.ts";

describe("a retry", () => {
  it("comes after 5 s at first, then after twice as long each time, and after 10 minutes at most", () => {
    expect([1, 2, 3, 7, 8, 50].map((failures) => retryDelayMs(failures, 0.5))).toEqual([
      5_000, 10_000, 20_000, 320_000, 600_000, 600_000,
    ]);
  });

  it("is spread by a fifth, and never over the end", () => {
    expect([retryDelayMs(1, 0), retryDelayMs(1, 0.999)]).toEqual([4_000, 5_998]);
    expect(retryDelayMs(9, 0.999)).toBe(600_000);
  });
});
