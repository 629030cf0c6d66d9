import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkWorkloads } from "../../../src/domain/workloads/check.ts";
import { defineWorkload } from "../../../src/domain/workloads/define.ts";
import type { InputParts, OutputParts, WorkloadDefinition } from "../../../src/domain/workloads/types.ts";

type Definition = WorkloadDefinition<z.ZodObject, InputParts, OutputParts>;

const program = (change: Record<string, unknown> = {}): Definition["process"] => ({
  kind: "program",
  interpreter: "python3",
  entrypoint: "main.py",
  files: { "main.py": "print(1)" },
  ...change,
});

const define = (change: Partial<Definition> = {}) =>
  defineWorkload({
    path: "calculator/tax-pnl/securities",
    entity: "in.co.my-shop",
    summary: "A test",
    params: z.object({}),
    inputs: { "trades.csv": {} },
    outputs: { "report.csv": { contentType: "text/csv" } },
    process: program(),
    ...change,
  });

describe("defineWorkload", () => {
  it("fills in what is left out", () => {
    const workload = define();
    expect(workload).toMatchObject({
      entity: "in.co.my_shop.calculator.tax_pnl.securities.job",
      inputs: [{ name: "trades.csv", isRequired: true, maxBytes: 5 * 1_024 ** 3, contentTypes: [] }],
      process: {
        environment: "default",
        limits: { timeoutSeconds: 300, cpuSeconds: 120, memoryMb: 512, workspaceMb: 100 },
      },
    });
  });

  it.each<[string, Partial<Definition>, RegExp]>([
    ["a path of two segments", { path: "a/b" }, /three segments/],
    ["a path in capitals", { path: "a/b/C" }, /three segments/],
    ["no input", { inputs: {} }, /takes no upload/],
    ["only optional inputs", { inputs: { a: { isRequired: false } } }, /no input is required/],
    ["no output", { outputs: {} }, /has no output/],
    ["a name with a slash", { inputs: { "a/b": {} } }, /no plain file name/],
    ["a name that is a number", { inputs: { "1": {} } }, /no plain file name/],
    ["a part over 5 GiB", { inputs: { a: { maxBytes: 6 * 1_024 ** 3 } } }, /maxBytes of a/],
    ["a type with parameters", { inputs: { a: { contentTypes: ["text/csv; x=y"] } } }, /contentTypes of a/],
    ["a param that hides a member", { params: z.object({ status: z.string() }) }, /the param status/],
    ["an entrypoint that is not there", { process: program({ entrypoint: "b.py" }) }, /entrypoint b.py/],
    [
      "a source file that climbs",
      { process: program({ files: { "main.py": "", "../x": "" } }) },
      /no plain path/,
    ],
    [
      "a source file among the inputs",
      { process: program({ files: { "main.py": "", "inputs/x": "" } }) },
      /in the way/,
    ],
    ["inputs that no sandbox holds", { inputs: { a: {}, b: {} } }, /together/],
    ["an hour", { process: program({ limits: { timeoutSeconds: 3_600 } }) }, /timeoutSeconds/],
    [
      "a function of 15 minutes",
      { process: { kind: "function", timeoutSeconds: 900, run: () => Promise.resolve() } },
      /timeoutSeconds/,
    ],
  ])("refuses %s", (_what, change, message) => {
    expect(() => define(change)).toThrow(message);
  });
});

describe("checkWorkloads", () => {
  it("refuses what is declared twice, and what is in the way of another route", () => {
    const one = define();
    expect(() => checkWorkloads([one], ["/submit", "/status/:id", "/*", "/"])).not.toThrow();
    expect(() => checkWorkloads([one, one], [])).toThrow(/more than once/);
    expect(() => checkWorkloads([define({ path: "status/a/b" })], ["/status/:id"])).toThrow(/below \/status/);
  });
});
