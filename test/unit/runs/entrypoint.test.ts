import { describe, expect, it } from "vitest";
import { interpreterFor, resolveEntrypoint } from "../../../src/domain/runs/entrypoint.ts";
import { parseManifestFields, withDefaults } from "../../../src/domain/runs/manifest.ts";
import { resolveRun } from "../../../src/domain/runs/resolve-run.ts";
import type { FieldError, ResolvedRun, RunOutcome } from "../../../src/domain/runs/types.ts";
import type { UploadEntry } from "../../../src/uploads/index.ts";

const encoder = new TextEncoder();

/** Resolves a manifest against files given as path and text. */
const resolve = (manifest: object | string | null, files: Record<string, string>): Promise<RunOutcome> => {
  const entries: UploadEntry[] = Object.entries(files).map(([path, text]) => ({
    path,
    sizeBytes: encoder.encode(text).length,
    contentOffset: 0,
  }));
  const text = manifest === null || typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  return resolveRun(text, entries, async ({ path }) => files[path] ?? "");
};

const run = async (manifest: object | string | null, files: Record<string, string>): Promise<ResolvedRun> => {
  const outcome = await resolve(manifest, files);
  if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome.errors));
  return outcome;
};

const errors = async (
  manifest: object | string | null,
  files: Record<string, string>,
): Promise<FieldError[]> => {
  const outcome = await resolve(manifest, files);
  if (outcome.kind === "ok") throw new Error("accepted");
  return outcome.errors;
};

describe("an entrypoint", () => {
  it("is the manifest's, and its extension names the interpreter", async () => {
    expect(await run({ entrypoint: "./src/app.mjs" }, { "src/app.mjs": "", "main.py": "" })).toMatchObject({
      manifest: { entrypoint: "src/app.mjs", interpreter: "node" },
      stripComponents: 0,
      tarPath: "src/app.mjs",
    });
  });

  it("runs with the interpreter that the manifest names, whatever its extension", async () => {
    const { manifest } = await run({ entrypoint: "run.txt", interpreter: "sh" }, { "run.txt": "" });
    expect(manifest.interpreter).toBe("sh");
  });

  it.each([
    ["a.py", "python3"],
    ["A.PY", "python3"],
    ["a.js", "node"],
    ["a.cjs", "node"],
    ["a.sh", "bash"],
    ["a.bash", "bash"],
    ["bin/tool", "python3"],
    ["v1.2/tool", "python3"],
    [".hidden", "python3"],
    ["a.rb", null],
    ["a.py.txt", null],
    ["a.constructor", null],
  ])("named %s runs with %s by default", (path, interpreter) => {
    expect(interpreterFor(path)).toBe(interpreter);
  });

  it("of an unknown extension needs an interpreter", async () => {
    expect((await errors({ entrypoint: "a.xyz" }, { "a.xyz": "" }))[0]?.field).toBe("interpreter");
  });

  it("must be in the upload", async () => {
    const [error] = await errors({ entrypoint: "other.py" }, { "main.py": "" });
    expect(error).toMatchObject({
      field: "entrypoint",
      message: 'There is no file "other.py" in the upload',
    });
    expect((await errors({ entrypoint: "lib" }, { "lib/a.py": "", "b.py": "" }))[0]?.field).toBe(
      "entrypoint",
    );
  });

  it("must not leave the job's folder", async () => {
    expect((await errors({ entrypoint: "../main.py" }, { "main.py": "" }))[0]?.field).toBe("entrypoint");
  });

  it("is looked for below the one top folder, which is then stripped", async () => {
    const files = { "proj/src/app.py": "", "proj/data.csv": "" };
    expect(await run({ entrypoint: "src/app.py" }, files)).toMatchObject({
      manifest: { entrypoint: "src/app.py" },
      stripComponents: 1,
      tarPath: "proj/src/app.py",
    });
    expect(await run({ entrypoint: "proj/src/app.py" }, files)).toMatchObject({
      manifest: { entrypoint: "proj/src/app.py" },
      stripComponents: 0,
    });
  });

  it("is not looked for below a folder that not all files share", async () => {
    for (const other of ["other/b.py", "b.py", "project/b.py"]) {
      expect(await errors({ entrypoint: "app.py" }, { "proj/app.py": "", [other]: "" })).toHaveLength(1);
    }
  });

  it("is only stripped of one folder", async () => {
    expect(await errors({ entrypoint: "app.py" }, { "a/b/app.py": "" })).toHaveLength(1);
  });

  it("is main.py, index.js or run.sh, in this order, when nothing names it", async () => {
    const all = { "run.sh": "", "index.js": "", "main.py": "" };
    expect((await run(null, all)).manifest).toMatchObject({ entrypoint: "main.py", interpreter: "python3" });
    const two = { "run.sh": "", "index.js": "" };
    expect((await run({}, two)).manifest).toMatchObject({ entrypoint: "index.js", interpreter: "node" });
    const one = await run({ interpreter: "sh", timeout: 5 }, { "proj/run.sh": "" });
    expect(one).toMatchObject({ manifest: { entrypoint: "run.sh", interpreter: "sh" }, stripComponents: 1 });
    const [error] = await errors(null, { "lib/main.py": "", "app.py": "" });
    expect(error).toMatchObject({
      field: "entrypoint",
      message: expect.stringContaining("No entrypoint specified"),
    });
  });
});

describe("a program that comes alone", () => {
  it("is its own entrypoint by whatever name, where the manifest says what runs it", async () => {
    expect(await run({ interpreter: "python3" }, { "bin/tool": "" })).toMatchObject({
      manifest: { entrypoint: "bin/tool", interpreter: "python3" },
    });
  });

  it.each([
    ["solution.py", "python3"],
    ["deep/er/tool.mjs", "node"],
    ["дом.sh", "bash"],
  ])("is its own entrypoint: %s", async (path, interpreter) => {
    expect(await run(null, { [path]: "" })).toMatchObject({ manifest: { entrypoint: path, interpreter } });
  });

  it.each([[{ "data.csv": "" }], [{ "a.py": "", "b.py": "" }], [{ README: "" }]])(
    "is none when nothing says what runs it, or another is there: %j",
    async (tree) => {
      expect(await errors(null, tree)).toHaveLength(1);
    },
  );
});

describe("an entrypoint that is not there", () => {
  it.each([
    [null, { "proj/main.py": "", "README.md": "" }, 'there is "proj/main.py"'],
    [{ entrypoint: "Main.py" }, { "main.py": "" }, 'there is "main.py"'],
    [{ entrypoint: "src/a.py" }, { "a.py": "", "b.py": "" }, 'there is "a.py"'],
    [{ entrypoint: "\u00e9.py" }, { "e\u0301.py": "" }, "letters are composed differently"],
    [{ module: "pkg.main" }, { "main.py": "", "x.py": "" }, 'there is "main.py"'],
    [null, { "a.zip": "", "b.txt": "" }, '"unpack": true'],
  ])("is refused with what may be meant: %j", async (manifest, files, hint) => {
    const [error] = await errors(manifest, files as never);
    expect(error?.message).toContain(hint);
  });
});

describe("job.json", () => {
  const job = (fields: object) => ({ "job.json": JSON.stringify(fields), "app.js": "", "main.py": "" });

  it("says all when there is no manifest part", async () => {
    const fields = { entrypoint: "app.js", timeout: 7, args: ["a"], env: { A: "1" }, outputs: ["*.txt"] };
    expect((await run(null, job(fields))).manifest).toMatchObject({
      entrypoint: "app.js",
      interpreter: "node",
      timeoutSeconds: 7,
      args: ["a"],
      env: { A: "1" },
      outputs: ["*.txt"],
    });
  });

  it("is not read when the manifest part names an entrypoint", async () => {
    const files = { "job.json": "not json", "main.py": "" };
    expect((await run({ entrypoint: "main.py" }, files)).manifest.entrypoint).toBe("main.py");
  });

  it("wins with entrypoint and interpreter, and fills in what the part left empty", async () => {
    const part = { interpreter: "python3", args: ["part"], timeout: 3 };
    const file = {
      entrypoint: "app.js",
      interpreter: "node",
      args: ["file"],
      timeout: 9,
      environment: "nlp",
    };
    expect((await run(part, job(file))).manifest).toMatchObject({
      entrypoint: "app.js",
      interpreter: "node",
      args: ["part"],
      timeoutSeconds: 3,
      environment: "nlp",
    });
  });

  it("may lie in the top folder that is stripped", async () => {
    const files = { "p/job.json": '{"entrypoint":"a.sh"}', "p/a.sh": "" };
    expect(await run(null, files)).toMatchObject({ stripComponents: 1, tarPath: "p/a.sh" });
  });

  it("without an entrypoint leaves the default ones", async () => {
    expect((await run(null, job({ timeout: 4 }))).manifest).toMatchObject({
      entrypoint: "main.py",
      timeoutSeconds: 4,
    });
  });

  it("is refused by its name when it is wrong", async () => {
    const wrong = job({ entrypoint: "app.js", timeout: 0 });
    expect((await errors(null, wrong))[0]?.field).toBe("job.json.timeout");
  });

  it.each([
    "[]",
    "not json",
    '{"main": "lib/x.js", "name": "x"}',
    '{"timeout": "5 min"}',
    " ".repeat(2 ** 20 + 1),
  ])("that is the project's own is left alone (%#)", async (text) => {
    expect((await run(null, { "job.json": text, "main.py": "" })).manifest.entrypoint).toBe("main.py");
  });

  it("names what was ignored in it", async () => {
    const { manifest } = await run({ note: 1 }, job({ entrypoint: "app.js", team: "x" }));
    expect(manifest.warnings).toEqual([
      "note is not known here and was ignored",
      "team is not known here and was ignored",
    ]);
  });

  it("does not help a manifest part that is wrong", async () => {
    expect((await errors("{", job({ entrypoint: "app.js" })))[0]?.message).toBe(
      "The manifest is not valid JSON",
    );
  });
});

describe("a module in place of an entrypoint", () => {
  const resolve = (fields: object, paths: string[]) => {
    const parsed = parseManifestFields(fields);
    if (parsed.kind === "refused") return parsed;
    return resolveEntrypoint(withDefaults(parsed.fields), paths);
  };

  it.each([
    ["pkg.main", ["pkg/main.py", "pkg/__init__.py"], "pkg/main.py", 0],
    ["pkg", ["pkg/__main__.py"], "pkg/__main__.py", 0],
    ["pkg.main", ["top/pkg/main.py", "top/x"], "pkg/main.py", 1],
    ["größe", ["größe.py"], "größe.py", 0],
  ])("finds the file of %s", (module, paths, entrypoint, stripComponents) => {
    expect(resolve({ module }, paths as string[])).toMatchObject({
      kind: "ok",
      manifest: { entrypoint, interpreter: "python3", module },
      stripComponents,
    });
  });

  it.each([
    [{ module: "pkg.main" }, "module"],
    [{ module: "a", entrypoint: "a.py" }, "module"],
    [{ module: "a", interpreter: "node" }, "module"],
    [{ module: "a", language: "python" }, "module"],
    [{ module: "a", expected_output: "1" }, "module"],
    [{ module: "../a" }, "module"],
    [{ module: "a..b" }, "module"],
    [{ module: "-c" }, "module"],
  ])("refuses %j", (fields, field) => {
    expect(resolve(fields, ["a.py"])).toMatchObject({ kind: "refused", errors: [{ field }] });
  });
});
