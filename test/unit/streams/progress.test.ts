import { describe, expect, it } from "vitest";
import { isStalled, type Progress, progressOf, STALL_MS } from "../../../src/domain/streams/progress.ts";

const NOW = 1_800_000_000_000;

/** A watcher that is looked at at these instants, with what it stood at and had unsent. */
const watched = (...looks: [afterMs: number, after: number, unsentBytes: number][]): Progress => {
  let progress: Progress | undefined;
  for (const [afterMs, after, unsentBytes] of looks) {
    progress = progressOf(progress, after, unsentBytes, NOW + afterMs);
  }
  if (progress === undefined) throw new Error("it was never looked at");
  return progress;
};

describe("a lagging watcher", () => {
  it("is stalled once nothing of it has moved for 30 seconds", () => {
    const progress = watched([0, 7, 300_000], [20, 7, 300_000], [29_999, 7, 300_000]);
    expect(isStalled(progress, NOW + STALL_MS - 1)).toBe(false);
    expect(isStalled(progress, NOW + STALL_MS)).toBe(true);
  });

  it("is not stalled while it takes anything, however little", () => {
    const progress = watched([0, 7, 300_000], [29_000, 7, 299_999]);
    expect(isStalled(progress, NOW + STALL_MS)).toBe(false);
    expect(isStalled(progress, NOW + 29_000 + STALL_MS)).toBe(true);
  });

  it("is not stalled where it was sent more, though as much is unsent as before", () => {
    expect(isStalled(watched([0, 7, 300_000], [29_000, 8, 300_000]), NOW + STALL_MS)).toBe(false);
  });

  it("gains nothing by having more unsent than before", () => {
    expect(isStalled(watched([0, 7, 300_000], [29_000, 7, 300_010]), NOW + STALL_MS)).toBe(true);
  });
});
