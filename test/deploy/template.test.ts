import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { imageContext } from "../../src/cli/deploy/image-context.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-template-"));
afterAll(() => rmSync(folder, { recursive: true }));

const env = {
  ...process.env,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_LOG: "log",
  XDG_CONFIG_HOME: folder,
  NODE_COMPILE_CACHE: path.join(root, "node_modules/.cache/deploy-tests"),
};
const node = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: root, env });
const sandpiper = (...args: string[]) => node("src/cli/main.ts", ...args);
const place = ["--account-id", "0123456789abcdef0123456789abcdef", "--address", "https://jobs.example.org"];
const bindings = [
  "JOB_OBJECT",
  "POOL_OBJECT",
  "DISPATCH_QUEUE",
  "DEAD_LETTER_QUEUE",
  "BUCKET_EVENTS_QUEUE",
  "DB",
  "BUCKET",
  "ASSETS",
  "QUEUE_ROLES",
];

describe("a stage's template", () => {
  // The package below is made of the third stage's.
  it.concurrent.each([
    ["dev", "container"],
    ["stg", "joined"],
  ])(
    "of %s, with executors %s, is one that wrangler would deploy, with every binding",
    async (stage, executor) => {
      const file = path.join(folder, stage, "wrangler.toml");
      await sandpiper(
        "template",
        "--stage",
        stage,
        "--suffix",
        "a",
        "--executor",
        executor,
        ...place,
        "-o",
        file,
      );
      const { stdout } = await node(
        "node_modules/wrangler/wrangler-dist/cli.js",
        "deploy",
        "--dry-run",
        "--containers-rollout",
        "none",
        "--config",
        file,
        "--outdir",
        path.join(folder, stage, "out"),
      );
      for (const binding of bindings) expect(stdout).toContain(`env.${binding}`);
      expect(stdout).toContain(`sandpiper-${stage}-a-dispatch-dead`);
      expect(stdout.includes("EXECUTOR_CONTAINER")).toBe(executor !== "joined");
      // Nothing of one deployment is another's.
      expect(readFileSync(file, "utf8")).not.toMatch(
        /"sandpiper(-dispatch|-jobs|-functions|-bucket-events)?"/,
      );
    },
  );
});

describe("what is written", () => {
  const ended = (...args: string[]) =>
    sandpiper(...args, "--stage", "dev", "--force").then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ code, said: stderr }),
    );
  const occupied = path.join(folder, "occupied");
  mkdirSync(occupied);
  writeFileSync(path.join(occupied, "mine"), "");

  it.concurrent.each<[string, readonly string[], number, string]>([
    ["a template to standard output", ["template", "-o", "-", ...place], 0, 'name = "sandpiper-dev"'],
    [
      "a template into a folder",
      ["template", "-o", occupied, ...place],
      0,
      "occupied/wrangler.toml is written",
    ],
    ["no template over the clone's own", ["template", "-o", root, ...place], 1, "name another file"],
    ["none where no file can be", ["template", "-o", "/sys/x.toml", ...place], 1, "/sys/x.toml: "],
    ["none of half a place", ["template", "-o", "-", ...place.slice(0, 2)], 2, "add --address"],
    ["none that trusts what is no key", ["template", "-o", "-", ...place, "--trust", "x"], 2, "worker id"],
    ["no package to standard output", ["package", "-o", "-", ...place], 2, "is a folder"],
    ["no package among other files", ["package", "-o", occupied, ...place], 1, "holds no package"],
  ])("is %s", async (_name, args, code, words) => {
    expect(await ended(...args)).toEqual({ code, said: expect.stringContaining(words) });
  });

  it("stays as it is without --force", async () => {
    const file = path.join(folder, "kept.toml");
    writeFileSync(file, "mine");
    const said = await sandpiper("template", "--stage", "dev", ...place, "-o", file).catch(
      ({ stderr }: { stderr: string }) => stderr,
    );
    expect([said, readFileSync(file, "utf8")]).toEqual([expect.stringContaining("--force"), "mine"]);
  });
});

describe("the image's build context", () => {
  it("holds what the Dockerfile copies, and nothing that is made or secret", async () => {
    const files = await imageContext();
    expect(files).toEqual(
      expect.arrayContaining([
        "package.json",
        "package-lock.json",
        "src/wire/attempt.ts",
        "executor/main.ts",
        "executor/Dockerfile",
      ]),
    );
    const allowed = /^(package(-lock)?\.json|src\/wire\/.+|executor\/(?!image\/).+)$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.length).toBeLessThan(400);
  });
});

describe("a package", () => {
  it("is deployed by wrangler as it lies there, and lists the SHA-256 of each file", async () => {
    const target = path.join(folder, "package");
    await sandpiper("package", "--stage", "prd", "--executor", "both", ...place, "-o", target);
    expect(readdirSync(target).filter((name) => name.startsWith("."))).toEqual([]);
    const { sha256 } = JSON.parse(readFileSync(path.join(target, "manifest.json"), "utf8")) as {
      sha256: Record<string, string>;
    };
    expect(Object.keys(sha256)).toEqual(
      expect.arrayContaining([
        "wrangler.toml",
        "worker/index.js",
        "migrations/0001_jobs.sql",
        "image/executor/Dockerfile",
        "image/package-lock.json",
      ]),
    );
    const programs = readdirSync(path.join(target, "worker")).filter((name) => name.endsWith(".py"));
    const { stdout } = await node(
      "node_modules/wrangler/wrangler-dist/cli.js",
      "deploy",
      "--dry-run",
      "--containers-rollout",
      "none",
      "--config",
      path.join(target, "wrangler.toml"),
    );
    for (const name of [...programs, ...bindings, "EXECUTOR_CONTAINER"]) expect(stdout).toContain(name);
    expect(stdout).toContain("sandpiper-prd-dispatch-dead");
  });
});
