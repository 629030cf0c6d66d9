import { describe, expect, it } from "vitest";
import { selectorOf } from "../../../src/wire/output-patterns.ts";

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
    expect(selected.filter((path) => !selectorOf([pattern])(path))).toEqual([]);
    expect(others.filter((path) => selectorOf([pattern])(path))).toEqual([]);
  });

  it("costs a look where it is a name, and little where it is made to be slow", () => {
    const names = Array.from({ length: 1_000 }, (_none, at) => `${"x".repeat(200)}${at}`);
    const slow = Array.from({ length: 64 }, (_none, at) => `*${"a".repeat(120)}[ab]${at}*b`);
    const paths = Array.from({ length: 1_000 }, (_none, at) => "a".repeat(250) + at);
    const startedMs = performance.now();
    const isNamed = selectorOf(names);
    const isMatched = selectorOf(slow);
    expect(paths.filter((path) => isNamed(path) || isMatched(path))).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  it("is not made slow by many stars", () => {
    const pattern = `${"*a?".repeat(300)}b`;
    expect(selectorOf([pattern])("a".repeat(1_000))).toBe(false);
  });
});
