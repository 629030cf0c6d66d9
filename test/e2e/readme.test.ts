import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, inject, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { runProgram } from "./support/installed.ts";

test("the README's first run prints what the README says", async () => {
  const text = await readFile(path.join(root, "README.md"), "utf8");
  const section = text.slice(text.indexOf("## A first run"));
  const [, command = "", printed] = /```sh\n([^`]*)```\s+```\w*\n([^`]*)```/.exec(section) ?? [];
  const here = command.replaceAll("http://127.0.0.1:8787", inject("sandpiperUrl"));
  expect(here).toContain("/submit");
  expect((await runProgram("bash", ["-c", here], { cwd: root })).stdout).toBe(printed);
});
