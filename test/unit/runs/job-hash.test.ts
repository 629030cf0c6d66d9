/// <reference types="node" />
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type IncrementalSha256, jobHash } from "../../../src/domain/runs/job-hash.ts";
import { jobHashPrefix } from "../../../src/wire/job-hash.ts";

const encoder = new TextEncoder();

const sha256 = (): IncrementalSha256 => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => {
      hash.update(chunk);
    },
    hex: () => hash.digest("hex"),
  };
};

const VECTORS: [string, string, string, string[], string[], string][] = [
  [
    "main.py",
    "python3",
    "",
    [],
    ["print('hello')"],
    "cb7bf218856335e10cea8346689a6ca406f57bed2453c6332516c43f6f4d343c",
  ],
  [
    "main.py",
    "python3",
    "ml-basic",
    ["--input", "data.csv"],
    ["import sys\n"],
    "e4e9341363760584855c1d55696e766301d3ed9d9fed6e72928a559442135723",
  ],
  [
    "run.sh",
    "bash",
    "",
    [],
    ["echo hi\n"],
    "66411a9b71d0f08d66b73736428c84a8852e75d15ce947ddae316cd962feed97",
  ],
  ["missing.py", "python3", "", [], [], "5b0a596011883b72e275368952119429eb7befa0febb9298149ee984af1f1959"],
];

describe("the job hash", () => {
  it.each(VECTORS)("of %s with %s in environment %j is the contract's", async (...vector) => {
    const [entrypoint, interpreter, environment, args, content, expected] = vector;
    const program = { entrypoint, interpreter, environment, args };
    const pieces = content.map((text) => encoder.encode(text));
    expect(await jobHash(program, pieces, sha256())).toBe(expected);
  });

  it("is the same however the content comes in pieces", async () => {
    const program = { entrypoint: "main.py", interpreter: "python3", environment: "", args: [] };
    const pieces = async function* () {
      for (const char of "print('hello')") yield encoder.encode(char);
    };
    expect(await jobHash(program, pieces(), sha256())).toBe(VECTORS[0]?.[5]);
  });

  it("covers UTF-8 and a bar after every argument", () => {
    const prefix = jobHashPrefix({ entrypoint: "é", interpreter: "sh", environment: "", args: ["a", ""] });
    expect(new TextDecoder().decode(prefix)).toBe("é|sh||a||");
  });
});
