import { describe, expect, it } from "vitest";
import {
  EMPTY_QUOTA,
  holdSlot,
  type QuotaState,
  quotaEmptyAtMs,
  releaseSlot,
  reserveSlot,
  settleSlot,
  usageOf,
} from "../../../src/domain/quota/quota.ts";

const RULES = { activeJobs: 2, jobsPerHour: 20, cpuSecondsPerMinute: 10, uploadBytesPerDay: 1_000 };
const NOW = 1_800_000_000_000;
const LEASE_MS = 7_200_000;

const reserve = (state: QuotaState, slot: string, now = NOW) =>
  reserveSlot(state, RULES, slot, now + LEASE_MS, now);

const used = (samples: readonly (readonly [secondsAgo: number, seconds: number])[]): QuotaState => ({
  ...EMPTY_QUOTA,
  cpu: samples.map(([secondsAgo, seconds]) => ({ atMs: NOW - secondsAgo * 1_000, seconds })),
});

describe("the rule of unfinished jobs", () => {
  it("grants two slots and refuses a third with a pace for asking again", () => {
    const two = reserve(reserve(EMPTY_QUOTA, "a").state, "b");
    expect(two.granted).toBe(true);
    const third = reserve(two.state, "c");
    expect(third.granted).toBe(false);
    expect(third.usage.refusal).toMatchObject({ rule: "active_jobs", retryAfterSeconds: 5 });
    expect(third.state).toEqual(two.state);
  });

  it("grants a slot that is held already again, without counting it twice", () => {
    const once = reserve(EMPTY_QUOTA, "a");
    const again = reserve(once.state, "a");
    expect(again.granted).toBe(true);
    expect(again.state).toEqual(once.state);
  });

  it("frees a slot when its lease ends, for a job that nobody created", () => {
    const two = reserve(reserve(EMPTY_QUOTA, "a").state, "b").state;
    expect(reserve(two, "c", NOW + LEASE_MS).granted).toBe(true);
  });
});

describe("the rule of jobs per hour", () => {
  const twenty = Array.from({ length: 20 }, (_, index) => index).reduce(
    (state, index) => settleSlot(reserve(state, `s${index}`, NOW + index * 1_000).state, `s${index}`, 0, NOW),
    EMPTY_QUOTA,
  );

  it("refuses the 21st until exactly the oldest is an hour old", () => {
    const now = NOW + 60_000;
    const { usage, granted } = reserve(twenty, "late", now);
    expect(granted).toBe(false);
    expect(usage.refusal).toMatchObject({ rule: "jobs_per_hour", retryAfterSeconds: 3_540 });
    expect(reserve(twenty, "late", now + 3_540_000).granted).toBe(true);
    expect(reserve(twenty, "late", now + 3_539_000).granted).toBe(false);
  });

  it("does not count a submission that was given back", () => {
    const nineteen = { ...twenty, accepted: twenty.accepted.slice(1) };
    const held = reserve(nineteen, "back", NOW + 60_000).state;
    expect(reserve(held, "late", NOW + 60_000).granted).toBe(false);
    const back = releaseSlot(held, "back", NOW + 60_000);
    expect(reserve(back, "late", NOW + 60_000).granted).toBe(true);
  });
});

describe("the rule of CPU time", () => {
  it("says when enough of the oldest samples have left the window, not when the first has", () => {
    const state = used([
      [50, 2],
      [30, 6],
      [10, 7],
    ]);
    expect(usageOf(state, RULES, NOW).refusal).toMatchObject({
      rule: "cpu_seconds",
      retryAfterSeconds: 30,
      reason: "CPU quota exhausted, wait 30 seconds",
    });
    expect(reserve(state, "a", NOW + 29_000).granted).toBe(false);
    expect(reserve(state, "a", NOW + 30_000).granted).toBe(true);
  });

  it("lets one job pass the limit while anything is left, since it is charged afterwards", () => {
    expect(reserve(used([[1, 9.99]]), "a").granted).toBe(true);
    expect(reserve(used([[1, 10]]), "a").granted).toBe(false);
  });
});

const SHORT_MS = 10 * 60_000;
const short = (state: QuotaState, now = NOW) => reserveSlot(state, RULES, "a", now + SHORT_MS, now);

describe("settling", () => {
  it("frees the slot and charges the time once, however often it is told", () => {
    const held = reserve(EMPTY_QUOTA, "a").state;
    const once = settleSlot(held, "a", 3.5, NOW);
    expect(usageOf(once, RULES, NOW)).toMatchObject({ activeJobs: 0, usedCpuSeconds: 3.5 });
    expect(settleSlot(once, "a", 3.5, NOW)).toEqual(once);
  });

  it("keeps a thousand ended jobs of an hour in a small value", () => {
    const rules = { ...RULES, jobsPerHour: 1_000 };
    let state = EMPTY_QUOTA;
    for (let job = 0; job < 1_000; job += 1) {
      const slot = String(job).padStart(64, "0");
      state = settleSlot(reserveSlot(state, rules, slot, NOW + LEASE_MS, NOW).state, slot, 0, NOW);
    }
    expect(usageOf(state, rules, NOW)).toMatchObject({
      jobsLastHour: 1_000,
      refusal: { rule: "jobs_per_hour" },
    });
    expect(JSON.stringify(state).length).toBeLessThan(32_000);
  });

  it("keeps the slot of a job that is there, whose first lease may have run out, and of none that has ended", () => {
    const later = NOW + SHORT_MS + 1;
    const lapsed = short(EMPTY_QUOTA).state;
    expect(usageOf(lapsed, RULES, later)).toMatchObject({ activeJobs: 0 });
    const held = holdSlot(lapsed, "a", later + SHORT_MS, later);
    expect(usageOf(held, RULES, later)).toMatchObject({ activeJobs: 1, jobsLastHour: 1 });
    const ended = settleSlot(held, "a", 1, later);
    expect(holdSlot(ended, "a", later + SHORT_MS, later)).toEqual(ended);
    expect(holdSlot(EMPTY_QUOTA, "ghost", later, NOW)).toEqual(EMPTY_QUOTA);
  });

  it("charges a job whose lease ran out before it ended, once", () => {
    const later = NOW + SHORT_MS + 1;
    const ended = settleSlot(short(EMPTY_QUOTA).state, "a", 3.5, later);
    expect(usageOf(ended, RULES, later)).toMatchObject({ activeJobs: 0, usedCpuSeconds: 3.5 });
    expect(settleSlot(ended, "a", 3.5, later)).toEqual(ended);
  });

  it("counts a job once that takes its slot anew after its lease ran out", () => {
    const later = NOW + SHORT_MS + 1;
    const again = short(short(EMPTY_QUOTA).state, later);
    expect(again.usage).toMatchObject({ activeJobs: 1, jobsLastHour: 1 });
  });

  it("changes nothing for a slot that was never held", () => {
    expect(settleSlot(EMPTY_QUOTA, "ghost", 5, NOW)).toEqual(EMPTY_QUOTA);
  });
});

it("is empty once the last entry has left its window", () => {
  expect(quotaEmptyAtMs(EMPTY_QUOTA)).toBeNull();
  const settled = settleSlot(reserve(EMPTY_QUOTA, "a").state, "a", 1, NOW);
  expect(quotaEmptyAtMs(settled)).toBe(NOW + 3_600_000);
});
