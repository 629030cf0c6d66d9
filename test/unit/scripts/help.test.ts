import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../../..");
const run = promisify(execFile);
const scripts = [
  ...globSync("scripts/*.ts", { cwd: root }),
  "executor/main.ts",
  "executor/environments/build.ts",
  "executor/languages/build.ts",
  "test/bench/main.ts",
  "test/bench/watchers.ts",
];

it.each(scripts)(
  "%s says how it is used, and what is wrong with an option, without a stack trace",
  async (script) => {
    const help = await run(process.execPath, [script, "--help"], { cwd: root });
    expect(help.stdout).toMatch(/^Usage: /);
    const wrong = await run(process.execPath, [script, "--no-such-option"], { cwd: root }).catch(
      (error) => error,
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).not.toBe("");
    expect(wrong.stderr).not.toMatch(/^\s+at /m);
  },
  30_000,
);
