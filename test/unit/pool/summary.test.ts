import { describe, expect, it } from "vitest";
import {
  type PoolSummary,
  quantilesOf,
  rankOf,
  retryAfterSeconds,
} from "../../../src/domain/pool/summary.ts";
import { parseTrustedKeys } from "../../../src/domain/pool/trust.ts";

const summaryOf = (instants: readonly number[]): PoolSummary => ({
  waiting: instants.length,
  held: 4,
  slots: 4,
  isFull: true,
  status: "joined",
  workerId: `${"A".repeat(43)}=`,
  isolation: 1,
  accounting: "cgroup-v2",
  environments: ["default"],
  languages: [],
  quantiles: quantilesOf(instants),
  placedLastMinute: 60,
});

describe("the rank of a job", () => {
  it("is exact among few, and at least 1", () => {
    const summary = summaryOf([10, 20, 30]);
    expect([10, 20, 30, 40].map((instant) => rankOf(summary, instant))).toEqual([1, 2, 3, 4]);
    expect(rankOf(summaryOf([]), 5)).toBe(1);
  });

  it("is close among many, from 64 instants", () => {
    const instants = Array.from({ length: 10_000 }, (_none, at) => at * 3);
    const summary = summaryOf(instants);
    expect(summary.quantiles.length).toBe(64);
    expect(JSON.stringify(summary).length).toBeLessThan(4_096);
    for (const at of [0, 100, 5_000, 9_999]) {
      expect(Math.abs(rankOf(summary, at * 3) - at - 1)).toBeLessThan(10_000 / 60);
    }
  });
});

describe("when to come back", () => {
  it("follows from the pace of the last minute, within bounds", () => {
    const waiting = summaryOf(Array.from({ length: 1_000 }, (_none, at) => at));
    expect(retryAfterSeconds(waiting)).toBe(100);
    expect(retryAfterSeconds({ ...waiting, placedLastMinute: 60_000 })).toBe(5);
    expect(retryAfterSeconds({ ...waiting, placedLastMinute: 1 })).toBe(600);
    expect(retryAfterSeconds({ ...waiting, placedLastMinute: 0 })).toBe(60);
  });
});

describe("trusted keys", () => {
  it("may have names, which end at the first equals sign", () => {
    const key = `${"ab+/".repeat(10)}abc=`;
    expect(parseTrustedKeys(`one=${key},${key} two-2.x=${key}`)).toEqual([
      { key, name: "one" },
      { key, name: null },
      { key, name: "two-2.x" },
    ]);
    expect(parseTrustedKeys("")).toEqual([]);
    for (const wrong of ["x", `=${key}`, `${key}=`, "one=", `on e=${key.slice(1)}`]) {
      expect(parseTrustedKeys(wrong)).toBeNull();
    }
  });
});
