import { describe, expect, it } from "vitest";
import {
  LONGEST_RETRY_AFTER_MS,
  RETRY_DELAYS_MS,
  retryAfterMs,
  retryDelayMs,
} from "../../../src/domain/webhooks/schedule.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("the retry schedule", () => {
  it("is the published one: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h", () => {
    const published = [5_000, 5 * MINUTE, 30 * MINUTE, ...[2, 5, 10, 14, 20, 24].map((h) => h * HOUR)];
    expect(RETRY_DELAYS_MS).toEqual(published);
    expect(published.map((_, index) => retryDelayMs(index + 1, 0.5, 0))).toEqual(published);
  });

  it("ends after the tenth attempt", () => {
    expect(retryDelayMs(9, 0.5, 0)).toBe(24 * HOUR);
    expect(retryDelayMs(10, 0.5, 0)).toBeNull();
    expect(retryDelayMs(10, 0.5, HOUR)).toBeNull();
  });

  it("is spread by a tenth to either side", () => {
    expect(retryDelayMs(2, 0, 0)).toBe(4.5 * MINUTE);
    expect(retryDelayMs(2, 1, 0)).toBe(5.5 * MINUTE);
  });

  it("waits at least as long as the receiver asks", () => {
    expect(retryDelayMs(1, 0.5, HOUR)).toBe(HOUR);
    expect(retryDelayMs(4, 0.5, HOUR)).toBe(2 * HOUR);
  });
});

describe("Retry-After", () => {
  it("is read as seconds or as an HTTP date", () => {
    expect(retryAfterMs("120", NOW)).toBe(120_000);
    expect(retryAfterMs(" 7 ", NOW)).toBe(7_000);
    expect(retryAfterMs("Sun, 22 Nov 2026 12:10:00 GMT", NOW)).toBe(10 * MINUTE);
  });

  it("puts an attempt off by a day at most, and never into the past", () => {
    expect(retryAfterMs("999999999", NOW)).toBe(LONGEST_RETRY_AFTER_MS);
    expect(retryAfterMs("Fri, 31 Dec 9999 23:59:59 GMT", NOW)).toBe(LONGEST_RETRY_AFTER_MS);
    expect(retryAfterMs("Sun, 06 Nov 1994 08:49:37 GMT", NOW)).toBe(0);
  });

  it.each([
    null,
    "",
    "soon",
    "-5",
    "1.5",
    "0x10",
    "1e9",
    "2026-11-23",
    "99999999999",
    "Xyz, 99 Abc 2026 99:99:99 GMT",
  ])("means nothing when it is %j", (value) => {
    expect(retryAfterMs(value, NOW)).toBe(0);
  });
});
