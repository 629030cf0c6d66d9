import { describe, expect, it } from "vitest";
import { createBudget, endedByBudget } from "../../../executor/cases/budget.ts";

const own = { timeoutMs: 10_000, cpuMs: 5_000, memoryBytes: 1 };

describe("the budgets that cases share", () => {
  it("are 60 CPU seconds and 600 s", () => {
    const budget = createBudget(undefined, () => 0);
    const all = { ...own, timeoutMs: 10_000_000, cpuMs: 10_000_000 };
    expect(budget.within(all)).toEqual({ ...all, timeoutMs: 600_000, cpuMs: 60_000 });
  });

  it("leave a case its own limits while there is enough, and then what is left", () => {
    let atMs = 100;
    const budget = createBudget({ cpuMs: 7_000, wallMs: 12_000 }, () => atMs);
    expect(budget.within(own)).toEqual(own);
    budget.spend(4_000_000);
    atMs += 3_000;
    expect(budget.within(own)).toEqual({ ...own, cpuMs: 3_000, timeoutMs: 9_000 });
    expect(budget.exhausted()).toBeNull();
  });

  it("are used up one by one, and say which it was", () => {
    let atMs = 0;
    const cpu = createBudget({ cpuMs: 1_000, wallMs: 12_000 }, () => atMs);
    cpu.spend(999_500);
    expect(cpu.exhausted()).toBe("cpu_budget");
    const wall = createBudget({ cpuMs: 1_000, wallMs: 12_000 }, () => atMs);
    atMs = 12_000;
    expect(wall.exhausted()).toBe("wall_budget");
  });

  it("end a case without a verdict where its own limit had let it go on", () => {
    const given = { ...own, cpuMs: 100, timeoutMs: 200 };
    const ended = (reason: "timeout_cpu" | "timeout_wall" | "exit", limits = given) =>
      endedByBudget({ reason }, own, limits);
    expect([ended("timeout_cpu"), ended("timeout_wall"), ended("exit")]).toEqual([
      "cpu_budget",
      "wall_budget",
      null,
    ]);
    expect([ended("timeout_cpu", own), ended("timeout_wall", own)]).toEqual([null, null]);
  });
});
