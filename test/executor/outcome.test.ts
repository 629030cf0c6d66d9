import { describe, expect, it } from "vitest";
import { nothingRan, type Outcome, toFinishedEvent } from "../../executor/outcome.ts";
import { endedByItself } from "../../executor/verdict.ts";
import { finishedEvent } from "../../src/wire/report.ts";
import { makeRequest } from "./support/jobs.ts";

const id = "ab".repeat(32);
const attempt = { id: `${id}.${"0".repeat(32)}`, token: "x".repeat(43) };
const request = makeRequest(attempt as never, "");
const identity = { workerId: `${"A".repeat(43)}=`, sign: () => `${"A".repeat(86)}==` };
const context = { identity, isolation: 1, accounting: "proc" } as const;

const report = (change: Partial<Outcome>) =>
  toFinishedEvent(request, { ...nothingRan(endedByItself(0, false)), ...change }, context);

describe("a result", () => {
  it("is reported as it is where it fits the wire", () => {
    expect(report({})).toMatchObject({ reason: "exit", exitCode: 0, message: null });
  });

  it.each<[string, Partial<Outcome>]>([
    [
      "CPU time that is not finite",
      { figures: { cpuUs: Number.POSITIVE_INFINITY, memoryPeakBytes: 0, wallTimeMs: 0 } },
    ],
    ["CPU time that is no number", { figures: { cpuUs: Number.NaN, memoryPeakBytes: 0, wallTimeMs: 0 } }],
    ["a status beyond 255", { ending: endedByItself(999, false) }],
    ["memory below nothing", { figures: { cpuUs: 0, memoryPeakBytes: -1, wallTimeMs: 0 } }],
  ])("with %s ends the job for good, in a report that is valid", (_what, change) => {
    const event = report(change);
    expect(event).toMatchObject({ reason: "signal", exitCode: 137, outputs: [] });
    expect(finishedEvent.safeParse({ n: 1, type: "finished", ...event }).success).toBe(true);
  });
});
