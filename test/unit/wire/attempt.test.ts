import { describe, expect, it } from "vitest";
import { inputPath, limits, program } from "../../../src/wire/attempt.ts";

const good = {
  interpreter: "python3",
  entrypoint: "main.py",
  args: ["-v"],
  env: { NAME: "value" },
  environment: "default",
  stdin: null,
};
const bounds = {
  timeoutMs: 1_000,
  cpuMs: 1_000,
  memoryBytes: 1,
  workspaceBytes: 1,
  outputBytesPerStream: 1,
  outputFiles: 1,
  outputFileBytes: 1,
  outputTotalBytes: 1,
};

describe("what an executor is told to run", () => {
  it("is taken as it is", () => {
    expect(program.safeParse(good).success).toBe(true);
    expect(limits.safeParse(bounds).success).toBe(true);
  });

  it.each<[string, object]>([
    ["an argument", { args: ["a\0b"] }],
    ["a variable", { env: { NAME: "a\0PATH=/evil" } }],
    ["a variable's name", { env: { "NA\0ME": "x" } }],
    ["the entrypoint", { entrypoint: "main.py\0" }],
  ])("has no NUL in %s, which would shift the launcher's orders", (_what, change) => {
    expect(program.safeParse({ ...good, ...change }).success).toBe(false);
  });

  it("has no NUL in a path", () => {
    expect(inputPath.safeParse("a\0b").success).toBe(false);
  });

  it.each<[string, object]>([
    ["a time that a timer cannot hold", { timeoutMs: 2 ** 31 }],
    ["CPU time beyond that", { cpuMs: 2 ** 31 }],
    ["no time", { timeoutMs: 0 }],
    ["a time that is not finite", { timeoutMs: Number.POSITIVE_INFINITY }],
    ["half a millisecond", { timeoutMs: 0.5 }],
    ["an endless workspace", { workspaceBytes: 2 ** 50 }],
    ["more outputs than are reported", { outputFiles: 1_000_000 }],
  ])("has limits that mean something: not %s", (_what, change) => {
    expect(limits.safeParse({ ...bounds, ...change }).success).toBe(false);
  });
});
