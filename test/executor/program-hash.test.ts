import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Input } from "../../src/wire/attempt.ts";
import { jobHashPrefix } from "../../src/wire/job-hash.ts";
import { fileInput, inline, makeRequest, resultOf, send } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";
import { makeTar, type TarEntry } from "./support/tar.ts";

const SOURCE = "import sys\nprint('ran', *sys.argv[1:])\n";

describe("the program that is laid out", () => {
  const { executor, worker } = withExecutor();

  type Told = {
    readonly inputs: readonly Input[];
    readonly content?: string;
    readonly args?: readonly string[];
    readonly hashed?: Partial<{ entrypoint: string; interpreter: string; args: readonly string[] }>;
    readonly file?: string;
  };

  const run = async ({ inputs, content = SOURCE, args = ["a|b", "é"], hashed, file }: Told) => {
    const attempt = worker().open();
    const request = makeRequest(attempt, "", { inputs, args });
    const asked = { interpreter: "python3", environment: "", entrypoint: "main.py", args, ...hashed };
    const jobHash = createHash("sha256").update(jobHashPrefix(asked)).update(content).digest("hex");
    const told = { interpreter: "python3", environment: "", ...(file === undefined ? {} : { file }) };
    await send(executor(), { ...request, jobHash, hashed: told });
    return resultOf(attempt);
  };

  const big = SOURCE + "#".repeat(20_000);
  const archive = (...entries: TarEntry[]): Input => ({
    kind: "tar",
    stripComponents: 1,
    blob: inline(makeTar(entries)),
  });

  it.each([
    ["a small text", { inputs: [fileInput("main.py", SOURCE)] }],
    ["a text that travels as an archive", { inputs: [fileInput("main.py", big)], content: big }],
    ["an archive without its top folder", { inputs: [archive({ name: "top/main.py", content: SOURCE })] }],
    [
      "a link to a file",
      {
        file: "lib/real.py",
        inputs: [
          archive(
            { name: "top/lib/real.py", content: SOURCE },
            { name: "top/main.py", type: "link", linkname: "top/lib/real.py" },
          ),
        ],
      },
    ],
  ] satisfies [string, Told][])("runs where it has the job's hash: %s", async (_what, told) => {
    const { stdout, finished } = await run(told);
    expect([finished.reason, stdout]).toEqual(["exit", "ran a|b é\n"]);
  });

  it.each([
    ["another text", { inputs: [fileInput("main.py", SOURCE)], content: `${SOURCE} ` }],
    ["another text in an archive", { inputs: [fileInput("main.py", big)], content: SOURCE }],
    ["other arguments", { inputs: [fileInput("main.py", SOURCE)], hashed: { args: ["a|b"] } }],
    ["another interpreter", { inputs: [fileInput("main.py", SOURCE)], hashed: { interpreter: "bash" } }],
    [
      "another file of that name, later in the inputs",
      {
        inputs: [fileInput("main.py", SOURCE), fileInput("main.py", "print('other')")],
      },
    ],
    ["no such file", { inputs: [fileInput("other.py", SOURCE)] }],
    [
      "a link to another file",
      {
        file: "real.py",
        inputs: [
          archive(
            { name: "top/real.py", content: SOURCE },
            { name: "top/evil.py", content: "print('evil')" },
            { name: "top/main.py", type: "link", linkname: "top/evil.py" },
          ),
        ],
      },
    ],
  ] satisfies [string, Told][])("is not run where the hash is another: %s", async (_what, told) => {
    const { stdout, finished } = await run(told);
    expect([finished.reason, stdout]).toEqual(["bad_input", ""]);
    expect(finished.message).toContain("main.py");
  });
});
