import { describe, expect, it } from "vitest";
import {
  CODE_BYTES,
  type JsonSubmission,
  parseJsonSubmission,
} from "../../../src/domain/runs/json-submission.ts";
import { membersOf } from "../uploads/support/submit.ts";

const submission = (value: unknown): JsonSubmission => {
  const outcome = parseJsonSubmission(value);
  if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome.errors));
  return outcome;
};

const fieldsOf = (value: unknown) => {
  const outcome = parseJsonSubmission(value);
  return outcome.kind === "ok" ? [] : outcome.errors.map(({ field }) => field);
};

describe("a JSON submission", () => {
  it.each([
    [undefined, "main.py", "python3"],
    ["python", "main.py", "python3"],
    ["node", "index.js", "node"],
    ["bash", "run.sh", "bash"],
    ["sh", "run.sh", "sh"],
  ])("with the interpreter %s becomes a tar with %s", async (interpreter, path, expected) => {
    const { run, tar, entry } = submission({ code: "é\n", interpreter });
    expect(run).toMatchObject({
      manifest: { entrypoint: path, interpreter: expected },
      stripComponents: 0,
      tarPath: path,
    });
    expect(await membersOf(tar)).toMatchObject([{ name: path, type: "file", text: "é\n" }]);
    const { contentOffset, sizeBytes } = entry;
    expect(new TextDecoder().decode(tar.subarray(contentOffset, contentOffset + sizeBytes))).toBe("é\n");
  });

  it("may name its entrypoint, whose extension names the interpreter", () => {
    const { run } = submission({ code: "", entrypoint: "lib/a.mjs" });
    expect(run).toMatchObject({
      manifest: { entrypoint: "lib/a.mjs", interpreter: "node" },
      stripComponents: 0,
    });
  });

  it("takes standard input and the fields of a manifest", () => {
    const { run, stdin } = submission({
      code: "1",
      stdin: "in\n",
      args: ["a"],
      timeout: 9_999,
      environment: "nlp",
    });
    expect(new TextDecoder().decode(stdin ?? undefined)).toBe("in\n");
    expect(run.manifest).toMatchObject({ args: ["a"], timeoutSeconds: 300, environment: "nlp" });
    expect(submission({ code: "1" }).stdin).toBeNull();
    expect(submission({ code: "1", stdin: "" }).stdin).toHaveLength(0);
  });

  it("names every field that is wrong, its own and the manifest's", () => {
    expect(fieldsOf({ stdin: 5, timeout: 0 }).sort()).toEqual(["code", "stdin", "timeout"]);
    expect(fieldsOf({ code: "1", entrypoint: "../a.py" })).toEqual(["entrypoint"]);
    expect(fieldsOf({ code: "1", entrypoint: "a.xyz" })).toEqual(["interpreter"]);
    expect(fieldsOf([])).toEqual([""]);
    expect(fieldsOf(null)).toEqual([""]);
  });

  it("bounds code and input in bytes", () => {
    expect(fieldsOf({ code: "x".repeat(CODE_BYTES) })).toEqual([]);
    expect(fieldsOf({ code: "é".repeat(CODE_BYTES / 2 + 1) })).toEqual(["code"]);
    expect(fieldsOf({ code: "", stdin: "x".repeat(1024 * 1024 + 1) })).toEqual(["stdin"]);
  });
});
