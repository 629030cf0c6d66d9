import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";

const run = promisify(execFile);
let folder = "";
let source = "";

beforeAll(async () => {
  source = await (await fetch(`${inject("sandpiperUrl")}/openapi/openapi.json`)).text();
  // Inside the project, so that the generated clients find what they import.
  folder = await mkdtemp(path.join(root, "node_modules/.description-"));
  await writeFile(path.join(folder, "openapi.json"), source);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bin = (name: string): string => path.join(root, "node_modules/.bin", name);

const compile = async (file: string): Promise<void> => {
  const options = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2023",
    "--module",
    "esnext",
  ];
  const lib = ["--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable", "--types", ""];
  await run(bin("tsc"), [...options, ...lib, file], { cwd: folder }).catch((error) => {
    throw new Error(error.stdout);
  });
};

test("the API description passes a linter's recommended rules", async () => {
  // A socket answers with 101, and some routes of other services' clients are only ever refused.
  const config = await createConfig({ extends: ["recommended"], rules: { "operation-2xx-response": "off" } });
  const problems = await lintFromString({ source, config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );
});

test("swagger-typescript-api makes a client of it that compiles", async () => {
  const args = ["generate", "-p", "openapi.json", "-o", ".", "-n", "swagger-client.ts", "--silent"];
  await run(bin("swagger-typescript-api"), args, { cwd: folder });
  await compile("swagger-client.ts");
}, 120_000);

test("oazapfts makes a client of it that compiles", async () => {
  await run(bin("oazapfts"), ["openapi.json", "oazapfts-client.ts"], { cwd: folder });
  await compile("oazapfts-client.ts");
}, 120_000);
