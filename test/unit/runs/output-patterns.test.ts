import { describe, expect, it } from "vitest";
import { matchesPattern } from "../../../src/wire/output-patterns.ts";

describe("an output pattern", () => {
  it.each([
    ["results", ["results/a", "results/b/c", "results"], ["results2/a", "x/results"]],
    ["results/", ["results/a"], ["results"]],
    ["?.csv", ["a.csv", "?.csv"], ["ab.csv", "/.csv"]],
    ["[ab].csv", ["a.csv", "b.csv", "[ab].csv"], ["c.csv"]],
    ["part[0-9]*.txt", ["part1.txt", "part10.txt"], ["partx.txt"]],
    ["[!a]*", ["b", "bcd"], ["abc"]],
    ["data[1].csv", ["data[1].csv", "data1.csv"], ["data2.csv"]],
    ["**/*.png", ["a.png", "x/y/a.png"], ["a.jpg"]],
    ["a*b?c", ["abxc", "azzbyc"], ["abc"]],
    ["[", ["["], ["x"]],
  ])("%s selects what a shell would, and the name that is spelled like it", (pattern, selected, others) => {
    expect(selected.filter((path) => !matchesPattern(pattern, path))).toEqual([]);
    expect(others.filter((path) => matchesPattern(pattern, path))).toEqual([]);
  });

  it("is not made slow by many stars", () => {
    const pattern = `${"*a?".repeat(300)}b`;
    expect(matchesPattern(pattern, "a".repeat(1_000))).toBe(false);
  });
});
