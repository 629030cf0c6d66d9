import { describe, expect, it } from "vitest";
import {
  ended,
  nextToStart,
  running,
  START_MS,
  startableAtMs,
  starting,
  stoppedContainer,
} from "../../../src/domain/pool/containers.ts";
import { NOW } from "./fixtures.ts";

const stopped = stoppedContainer("executor-0");
const other = stoppedContainer("executor-1");

describe("containers are started", () => {
  it("one at a time, the first that is stopped", () => {
    expect(nextToStart([stopped, other], NOW)?.name).toBe("executor-0");
    const first = starting(stopped, "hash", NOW);
    expect(nextToStart([first, other], NOW + 1_000)).toBeNull();
    expect(nextToStart([running(first, NOW), other], NOW + 1_000)?.name).toBe("executor-1");
    expect(nextToStart([running(first, NOW), running(other, NOW)], NOW)).toBeNull();
  });

  it("again after a start from which nothing came in five minutes", () => {
    const first = starting(stopped, "hash", NOW);
    expect(nextToStart([first], NOW + START_MS)?.name).toBe("executor-0");
  });

  it("later and later after failed starts, and at once after one that ran and ended", () => {
    let container = stopped;
    for (const waitMs of [10_000, 20_000, 40_000]) {
      container = ended(starting(container, "hash", NOW), "no instance", NOW);
      expect(startableAtMs(container, NOW)).toBe(NOW + waitMs);
      expect(container).toMatchObject({ state: "failed", reason: "no instance" });
    }
    const ran = running(starting(container, "hash", NOW), NOW);
    expect(ran).toMatchObject({ failures: 0, state: "running" });
    expect(startableAtMs(ended(ran, "it exited", NOW), NOW)).toBe(NOW);
  });
});
