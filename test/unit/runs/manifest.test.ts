import { describe, expect, it } from "vitest";
import { NO_JUDGING } from "../../../src/domain/judging/fields.ts";
import { parseManifestFields, refuseEnvironment, withDefaults } from "../../../src/domain/runs/manifest.ts";
import { resolveRun } from "../../../src/domain/runs/resolve-run.ts";
import type { FieldError, Manifest } from "../../../src/domain/runs/types.ts";

const manifestOf = (value: unknown): Manifest => {
  const outcome = parseManifestFields(value);
  if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome.errors));
  return withDefaults(outcome.fields);
};

const errorsOf = (value: unknown): FieldError[] => {
  const outcome = parseManifestFields(value);
  if (outcome.kind === "ok") throw new Error("accepted");
  return outcome.errors;
};

const refusalOfText = (text: string) =>
  resolveRun(text, [], async ({ path }) => {
    throw new Error(`read ${path}`);
  });

const fieldsOf = (value: unknown) => errorsOf(value).map(({ field }) => field);

describe("a manifest", () => {
  it("has the contract's defaults", () => {
    expect(manifestOf({})).toEqual({
      entrypoint: null,
      interpreter: null,
      environment: "",
      args: [],
      env: {},
      outputs: [],
      timeoutSeconds: 300,
      memoryMb: 512,
      cpuSeconds: 10,
      stdin: null,
      normalize: false,
      module: null,
      mergeOutput: false,
      graceSeconds: 0,
      keepOutputs: false,
      webhookUrl: null,
      requirements: [],
      judging: NO_JUDGING,
      warnings: [],
    });
  });

  it("keeps what is given within the caps", () => {
    const manifest = manifestOf({
      entrypoint: "./src//main.py",
      interpreter: "python",
      environment: "ml-basic",
      args: ["--name", "é", ""],
      env: { A_1: "x", _b: "" },
      outputs: ["*.png", "res/"],
      timeout: 5,
      memory_mb: 64,
      cpu_seconds: 60,
    });
    expect(manifest).toEqual({
      entrypoint: "src/main.py",
      interpreter: "python3",
      environment: "ml-basic",
      args: ["--name", "é", ""],
      env: { A_1: "x", _b: "" },
      outputs: ["*.png", "res/"],
      timeoutSeconds: 5,
      memoryMb: 64,
      cpuSeconds: 60,
      stdin: null,
      normalize: false,
      module: null,
      mergeOutput: false,
      graceSeconds: 0,
      keepOutputs: false,
      webhookUrl: null,
      requirements: [],
      judging: NO_JUDGING,
      warnings: [],
    });
  });

  it("takes larger numbers down to their caps, and raises a memory that starts nothing", () => {
    expect(manifestOf({ timeout: 3_600, memory_mb: 1e300, cpu_seconds: 61 })).toMatchObject({
      timeoutSeconds: 300,
      memoryMb: 512,
      cpuSeconds: 60,
    });
    expect(manifestOf({ memory_mb: 1, timeout: 1, cpu_seconds: 1 })).toMatchObject({
      timeoutSeconds: 1,
      memoryMb: 16,
      cpuSeconds: 1,
    });
  });

  it.each([0, -1, 1.5, "300", true, [], Number.POSITIVE_INFINITY])("refuses %j as a number", (value) => {
    for (const field of ["timeout", "memory_mb", "cpu_seconds"])
      expect(fieldsOf({ [field]: value })).toEqual([field]);
  });

  it("takes null, and an empty entrypoint or interpreter, as absent", () => {
    const nothing = Object.fromEntries(
      [
        "entrypoint",
        "interpreter",
        "environment",
        "args",
        "env",
        "outputs",
        "timeout",
        "memory_mb",
        "cpu_seconds",
      ]
        .concat("gpu", "requirements")
        .map((field) => [field, null]),
    );
    expect(manifestOf(nothing)).toEqual(manifestOf({}));
    expect(manifestOf({ entrypoint: "", interpreter: "", requirements: "" })).toEqual(manifestOf({}));
  });

  it("ignores fields that it does not know, and names them", () => {
    expect(manifestOf({ name: "job", nested: { timeout: -1 }, entrypoint_: 1, runtime: null })).toEqual({
      ...manifestOf({}),
      warnings: ["name", "nested", "entrypoint_", "runtime"].map(
        (name) => `${name} is not known here and was ignored`,
      ),
    });
  });

  it.each([
    ["runtime", "interpreter"],
    ["lang", "language"],
    ["compiler_options", "compile_flags"],
    ["test_cases", "cases"],
    ["time_limit", "timeout"],
    ["entry_point", "entrypoint"],
    ["memory", "memory_mb"],
    ["arguments", "args"],
    ["output_files", "outputs"],
    ["files", "multipart/form-data"],
  ])("refuses %s, which would make another program run, with a hint at %s", (name, meant) => {
    expect(errorsOf({ [name]: "x" })).toEqual([{ field: name, message: expect.stringContaining(meant) }]);
  });

  it("takes output patterns as they are written elsewhere, and none that leaves the folder", () => {
    expect(manifestOf({ outputs: ["./a.csv", "/job/b.csv", "././c/"] }).outputs).toEqual([
      "a.csv",
      "b.csv",
      "c/",
    ]);
    for (const pattern of ["/etc/passwd", "../x", "a/../../b"])
      expect(errorsOf({ outputs: [pattern] })[0]?.field).toBe("outputs.0");
  });

  it.each(["python3", "python", "node", "bash", "sh"])("knows the interpreter %s", (interpreter) => {
    expect(manifestOf({ interpreter }).interpreter).toBe(interpreter === "python" ? "python3" : interpreter);
  });

  it.each(["ruby", "PYTHON3", "/bin/sh", 3, ["sh"]])(
    "refuses the interpreter %j with the list",
    (interpreter) => {
      expect(errorsOf({ interpreter })).toEqual([
        { field: "interpreter", message: "must be one of python3, python, node, bash, sh" },
      ]);
    },
  );

  it.each([
    "/main.py",
    "../main.py",
    "a/../../b",
    "a\\b",
    "C:/a",
    "a/",
    ".",
    "a\0b",
    "-c",
    "x".repeat(1_100),
    5,
    ["a"],
  ])("refuses the entrypoint %j", (entrypoint) => {
    expect(new Set(fieldsOf({ entrypoint }))).toEqual(new Set(["entrypoint"]));
  });

  it("bounds the arguments", () => {
    expect(manifestOf({ args: Array(1_000).fill("x".repeat(131)) }).args).toHaveLength(1_000);
    expect(fieldsOf({ args: Array(1_001).fill("") })).toEqual(["args"]);
    expect(fieldsOf({ args: ["é".repeat(65_536)] })).toEqual(["args.0"]);
    expect(manifestOf({ args: ["x".repeat(131_071)] }).args).toHaveLength(1);
    expect(fieldsOf({ args: ["x".repeat(131_071), "é"] })).toEqual(["args"]);
    expect(fieldsOf({ args: ["a", "b\0", "c"] })).toEqual(["args.1"]);
    expect(fieldsOf({ args: ["a", 1] })).toEqual(["args.1"]);
    expect(fieldsOf({ args: "a b" })).toEqual(["args"]);
  });

  it("bounds the variables and their names", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`V${i}`, "x"]));
    expect(Object.keys(manifestOf({ env: many(64) }).env)).toHaveLength(64);
    expect(fieldsOf({ env: many(65) })).toEqual(["env"]);
    expect(fieldsOf({ env: { A: "x".repeat(32 * 1024) } })).toEqual(["env"]);
    expect(fieldsOf({ env: { A: "\0" } })).toEqual(["env.A"]);
    expect(fieldsOf({ env: { A: 1 } })).toEqual(["env.A"]);
    expect(fieldsOf({ env: ["A=1"] })).toEqual(["env"]);
    for (const name of ["", "1A", "A-B", "A=B", "é", "A\n"])
      expect(fieldsOf({ env: { [name]: "x" } })).toEqual([`env.${name}`]);
  });

  it("wants patterns as a list, and says so", () => {
    expect(errorsOf({ outputs: "*.png" })).toEqual([
      { field: "outputs", message: 'must be a list of patterns, such as ["*.png"]' },
    ]);
    expect(fieldsOf({ outputs: [1] })).toEqual(["outputs.0"]);
    expect(fieldsOf({ outputs: ["x".repeat(1_025)] })).toEqual(["outputs.0"]);
    expect(fieldsOf({ outputs: Array(1_001).fill("a") })).toEqual(["outputs"]);
  });

  it("refuses a GPU that is required, and says what to use instead", () => {
    expect(manifestOf({ gpu: { required: false, min_vram_gb: 8 } })).toEqual(manifestOf({}));
    expect(manifestOf({ gpu: { device_id: 0 } })).toEqual(manifestOf({}));
    expect(errorsOf({ gpu: { required: true } })[0]).toMatchObject({
      field: "gpu.required",
      message: expect.stringContaining("CPU"),
    });
    expect(fieldsOf({ gpu: { required: "yes" } })).toEqual(["gpu.required"]);
    expect(fieldsOf({ gpu: true })).toEqual(["gpu"]);
  });

  it("takes packages that are wanted by line, for the environments to answer", () => {
    expect(manifestOf({ requirements: "numpy==1\r\n\n # why\n" }).requirements).toEqual([
      "numpy==1",
      "# why",
    ]);
    expect(manifestOf({ requirements: ["a", ""] }).requirements).toEqual(["a"]);
    for (const none of [[], "", null]) expect(manifestOf({ requirements: none })).toEqual(manifestOf({}));
    for (const wrong of [{ pip: "numpy" }, 1, [1]])
      expect(fieldsOf({ requirements: wrong })[0]).toMatch(/^requirements/);
  });

  it("names every field that is wrong, up to a bound", () => {
    expect(fieldsOf({ timeout: 0, args: 1, environment: 5 }).sort()).toEqual([
      "args",
      "environment",
      "timeout",
    ]);
    expect(errorsOf({ args: Array(500).fill(1) })).toHaveLength(20);
  });

  it("may have a name of the language's own objects as a variable", () => {
    expect(manifestOf(JSON.parse('{"env":{"constructor":"x","toString":"y"}}')).env).toEqual({
      constructor: "x",
      toString: "y",
    });
  });

  it.each(["", " ", "{", "[1", "undefined", "{'a':1}"])("that is %j is not JSON", async (text) => {
    expect(await refusalOfText(text)).toEqual({
      kind: "refused",
      errors: [{ field: "", message: "The manifest is not valid JSON" }],
    });
  });

  it.each(["[]", "null", "1", '"main.py"'])("that is %s is no object", async (text) => {
    expect(await refusalOfText(text)).toEqual({
      kind: "refused",
      errors: [{ field: "", message: "The manifest must be a JSON object" }],
    });
  });
});

describe("an environment", () => {
  it("exists when it is the default or known", () => {
    for (const name of ["", "default", "nlp"]) expect(refuseEnvironment(name, ["nlp", "vision"])).toBeNull();
  });

  it("is refused with the list otherwise", () => {
    expect(refuseEnvironment("ml", ["vision", "nlp"])?.errors).toEqual([
      { field: "environment", message: expect.stringMatching(/^must be one of default, nlp, vision; /) },
    ]);
  });
});
