import { describe, expect, it } from "vitest";
import { isAsExpected } from "../../../executor/cases/compare.ts";
import { verdictOf, verdictOfAll } from "../../../executor/cases/verdict.ts";
import type { Comparison } from "../../../src/wire/judging.ts";

const same = (actual: string, expected: string, compare: Comparison): boolean =>
  isAsExpected(Buffer.from(actual, "latin1"), Buffer.from(expected, "latin1"), compare);

describe("output compared", () => {
  it.each([
    ["a b\n", "a b", true],
    ["a b \t\r\n\n\n", "a b\n", true],
    ["a\v\f\0\nb", "a\nb\n", true],
    ["", "\n\n", true],
    [" a", "a", false],
    ["a\n\nb", "a\nb", false],
    ["a", "a\nb", false],
    ["a\nb", "a", false],
    ["a  b", "a b", false],
    ["\xff\n", "\xff", true],
    ["\xff", "\xfe", false],
  ])("by trimmed lines: %j against %j is %s", (actual, expected, result) => {
    expect(same(actual, expected, "trimmed")).toBe(result);
  });

  it.each([
    ["a\n", "a\n", true],
    ["a\n", "a", false],
    ["", "", true],
  ])("byte by byte: %j against %j is %s", (actual, expected, result) => {
    expect(same(actual, expected, "exact")).toBe(result);
  });

  it.each([
    [" a\t b\n\nc ", "a b c", true],
    ["a b", "ab", false],
    ["a", "a b", false],
    ["", "  \n", true],
  ])("by words: %j against %j is %s", (actual, expected, result) => {
    expect(same(actual, expected, "tokens")).toBe(result);
  });

  it.each([
    ["0.3000001", "0.3", true],
    ["1000000.5", "1000000", true],
    ["1.1", "1", false],
    ["x 1.0", "x 1", true],
    ["nan", "nan", false],
    ["inf", "inf", true],
    ["1e3", "1000", true],
    ["0x10", "16", false],
    ["1 2", "1", false],
  ])("by numbers: %j against %j is %s", (actual, expected, result) => {
    expect(same(actual, expected, { mode: "numeric", absolute: 1e-6, relative: 1e-6 })).toBe(result);
  });

  it("reads much output in a time that grows with it alone", () => {
    const much = Buffer.from("12 34\n".repeat(1_500_000));
    const before = performance.now();
    for (const compare of ["trimmed", "tokens", { mode: "numeric", absolute: 0, relative: 0 }] as const)
      expect(isAsExpected(much, much, compare)).toBe(true);
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe("a verdict", () => {
  const limits = { timeoutMs: 1_000, cpuMs: 1_000, memoryBytes: 1 };
  const judged = (reason: string, exitCode: number | null, cpuUs = 0) =>
    verdictOf(
      {
        ending: { reason: reason as "exit", exitCode, signal: null, message: null },
        figures: { cpuUs, memoryPeakBytes: 0, wallTimeMs: 0 },
      },
      { limits, expected: Buffer.from("ok").toString("base64"), compare: "trimmed" },
      Buffer.from("no"),
    );

  it("is the first rule that holds", () => {
    expect(judged("infrastructure", null)).toBe("internal_error");
    expect(judged("timeout_wall", null)).toBe("time_limit");
    expect(judged("exit", 0, 1_000_001)).toBe("time_limit");
    expect(judged("memory", null)).toBe("memory_limit");
    expect(judged("output_limit", null)).toBe("output_limit");
    expect(judged("signal", 139)).toBe("runtime_error");
    expect(judged("exit", 1)).toBe("runtime_error");
    expect(judged("exit", 0)).toBe("wrong_answer");
  });

  it("of a job is that of its first case that was not accepted", () => {
    const all = (...verdicts: ("accepted" | "skipped" | "wrong_answer")[]) =>
      verdictOfAll(verdicts.map((verdict) => ({ verdict })));
    expect(all("accepted", "accepted")).toBe("accepted");
    expect(all("accepted", "wrong_answer", "skipped")).toBe("wrong_answer");
  });
});
