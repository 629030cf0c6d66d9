import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { root } from "../../scripts/lib/local.ts";
import { runWrangler } from "../../scripts/lib/wrangler.ts";
import { type Project, projectWithPackage, runProgram } from "./support/installed.ts";
import { startServer } from "./support/server.ts";

const CLIENT_LIMIT_BYTES = 8 * 1024;
const tsc = path.join(root, "node_modules/.bin/tsc");

let project: Project;

beforeAll(async () => {
  project = await projectWithPackage();
}, 240_000);

afterAll(() => project.remove());

const example = (name: string): Promise<string> => readFile(path.join(root, "docs/examples", name), "utf8");

const runExample = async (
  name: string,
  { url = inject("sandpiperUrl"), node = process.execPath }: { url?: string; node?: string } = {},
) => {
  const file = await project.write(path.basename(name), await example(name));
  const env = { SANDPIPER_URL: url };
  return runProgram(node, [file], { cwd: project.folder, env });
};

const compiled = async (options: Readonly<Record<string, unknown>>, files: readonly string[]) => {
  const compilerOptions = { noEmit: true, strict: true, target: "es2022", ...options };
  await project.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
  return (await runProgram(tsc, ["-p", "."], { cwd: project.folder })).stdout;
};

describe("the package", () => {
  test("holds what is installed from it and nothing else", () => {
    const others = project.packed.filter(
      (file) =>
        !/^(dist\/npm\/(.*\.(js|d\.ts)|wrangler\.toml)|dist\/assets\/(swagger|console)\/[^/]+|migrations\/\d{4}_\w+\.sql)$/.test(
          file,
        ),
    );
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
  });

  test("runs a program from plain JavaScript and answers what it printed and made", async () => {
    expect(await runExample("client/run.mjs")).toMatchObject({
      code: 0,
      stdout: "0 hello oops\nmade.txt made\n",
    });
  });

  test("follows a log, whatever the platform has for it", async () => {
    const told = { code: 0, stdout: "0\n1\n2\ncompleted\n" };
    expect(await runExample("client/follow.mjs")).toMatchObject(told);
    const text = (await example("client/follow.mjs")).replace("baseUrl:", "WebSocket: null, baseUrl:");
    const file = await project.write("follow-events.mjs", text);
    const env = { SANDPIPER_URL: inject("sandpiperUrl") };
    expect(await runProgram(process.execPath, [file], { cwd: project.folder, env })).toMatchObject(told);
  });

  test.each(["20.19.5", "22.20.0"])(
    "runs on Node %s",
    async (version) => {
      const name = `node-linux-${process.arch}`;
      const folder = path.join(project.folder, "nodes", version);
      const flags = ["--no-save", "--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline"];
      await runProgram("npm", ["install", ...flags, `${name}@${version}`], { cwd: project.folder });
      const node = path.join(folder, "node_modules", name, "bin/node");
      expect((await runProgram(node, ["--version"], { cwd: root })).stdout).toBe(`v${version}\n`);
      expect(await runExample("client/follow.mjs", { node })).toMatchObject({
        stdout: "0\n1\n2\ncompleted\n",
      });
      expect(await runExample("client/workload.mjs", { node })).toMatchObject({
        stdout: expect.stringMatching(/^succeeded 600000 /),
      });
      const command = path.join(project.folder, "node_modules/sandpiper/dist/npm/cli.js");
      expect((await runProgram(node, [command, "--help"], { cwd: root })).stdout).toContain(
        "Usage: sandpiper",
      );
    },
    240_000,
  );

  test("uploads to a workload with progress, waits, and reads its output", async () => {
    expect(await runExample("client/workload.mjs")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^succeeded 600000 \S+/),
    });
  });

  test("takes typed jobs from their creation to their result", async () => {
    // Elsewhere the jobs that other tests left would be claimed first.
    const server = await startServer();
    onTestFinished(() => server.stop());
    expect(await runExample("client/typed-jobs.mjs", { url: server.url })).toMatchObject({
      code: 0,
      stdout: "completed a cat\n",
    });
  });

  test.each([
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
  ])(
    "compiles as $moduleResolution, declarations included",
    async (options) => {
      await project.write(
        "main.ts",
        `import { createClient, SandpiperError, type RunReport } from "sandpiper/client";
import { JobsClient, jobMessage, overHttp } from "sandpiper/jobs";
const client = createClient({ baseUrl: "http://127.0.0.1", key: "k" });
export const text: Promise<string> = client.run("print(1)").then(({ stdout }) => stdout);
export const seconds = (report: RunReport): number => report.execution_metadata.cpu_seconds;
export const jobs = new JobsClient(overHttp({ url: "http://127.0.0.1" }));
export const id: string = jobMessage.parse("{}").job_id;
// @ts-expect-error no such member
export const wrong = (report: RunReport): number => report.seconds;
export const isOurs = (error: unknown): boolean => error instanceof SandpiperError;
`,
      );
      const lib = { lib: ["es2022", "dom", "dom.asynciterable"], types: [] };
      expect(await compiled({ ...options, ...lib }, ["main.ts"])).toBe("");
    },
    60_000,
  );

  test("has the types that the service's schemas give", async () => {
    const wire = (name: string): string => JSON.stringify(path.join(root, "src/wire", name));
    const names = ["RunReport", "RunLogs", "RunOutputs", "Submitted", "LogRecord"];
    await project.write(
      "same.ts",
      `import type * as ours from "sandpiper/client";
import type * as answers from ${wire("run-answers.ts")};
import type * as frames from ${wire("run-frames.ts")};
import type * as holder from ${wire("holder-answers.ts")};
import type * as submission from ${wire("run-submission.ts")};
import type * as service from ${wire("service-answers.ts")};
import type { JobMessage } from "sandpiper/jobs";
import type * as typed from ${wire("typed-jobs.ts")};
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const same: true[] = [
${names.map((name) => `  true satisfies Same<ours.${name}, answers.${name}>,`).join("\n")}
  true satisfies Same<ours.EndFrame, frames.EndFrame>,
  true satisfies Same<ours.CaseFrame, frames.CaseFrame>,
  true satisfies Same<ours.RunList, holder.RunList>,
  true satisfies Same<ours.Usage, holder.Usage>,
  true satisfies Same<ours.Manifest, submission.Manifest>,
  true satisfies Same<ours.JsonSubmission, submission.JsonSubmission>,
  true satisfies Same<ours.Stats, service.Stats>,
  true satisfies Same<ours.Environments, service.Environments>,
  true satisfies Same<ours.Health, service.Health>,
  true satisfies Same<ours.Service, service.Service>,
  true satisfies Same<ours.Runtimes, service.Runtimes>,
  true satisfies Same<JobMessage, typed.JobMessage>,
];
`,
    );
    const options = {
      module: "esnext",
      moduleResolution: "bundler",
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      lib: ["es2024", "dom", "dom.asynciterable"],
      types: [],
    };
    expect(await compiled(options, ["same.ts"])).toBe("");
  }, 60_000);

  test("bundles its client alone, within 8 KiB", async () => {
    const entry = await project.write("bundled.js", 'export * from "sandpiper/client";\n');
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
      metafile: true,
    });
    const packages = Object.keys(metafile.inputs).flatMap(
      (file) => /node_modules\/(?!sandpiper\/)\S+/.exec(file) ?? [],
    );
    expect(packages).toEqual([]);
    expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThanOrEqual(CLIENT_LIMIT_BYTES);
  });

  test("runs programs from a Worker", async () => {
    const script = `import { createClient } from "sandpiper/client";
export default {
  fetch: async (request, env) => {
    const client = createClient({ baseUrl: env.SANDPIPER_URL });
    const { job_id: id } = await client.submit({ code: "print(6 * 7)" });
    let log = "";
    for await (const { data } of client.logs(id)) log += data;
    const { exitCode } = await client.run("raise SystemExit(3)");
    return Response.json({ log, exitCode });
  },
};`;
    await project.write("worker/main.js", script);
    const config = await project.write(
      "worker/wrangler.toml",
      'name = "calls"\nmain = "main.js"\ncompatibility_date = "2026-11-01"\n',
    );
    const outdir = path.join(project.folder, "worker/out");
    await runWrangler(["deploy", "--dry-run", "--config", config, "--outdir", outdir]);
    const contents = await readFile(path.join(outdir, "main.js"), "utf8");
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        name: "calls",
        compatibilityDate: "2026-11-01",
        modules: [{ type: "ESModule", path: "main.js", contents }],
        bindings: { SANDPIPER_URL: inject("sandpiperUrl") },
        cf: false,
      }),
    );
    const answer = await miniflare.dispatchFetch("http://calls.test/");
    expect(await answer.json()).toEqual({ log: "42\n", exitCode: 3 });
    await miniflare.dispose();
  });
});

const SECRETS = {
  ACCESS: "open",
  PUBLIC_URL: "http://127.0.0.1:9",
  R2_S3_ENDPOINT: "http://127.0.0.1:9",
  R2_ACCESS_KEY_ID: "local",
  R2_SECRET_ACCESS_KEY: "local-secret",
};

describe("a deployer's project of a service, its settings and the package", () => {
  let miniflare: Miniflare;

  beforeAll(async () => {
    await project.write("src/service.ts", await example("deployer/service.ts"));
    const packaged = path.join(project.folder, "node_modules/sandpiper/dist/npm/wrangler.toml");
    const config = await project.write("wrangler.toml", await readFile(packaged, "utf8"));
    const outdir = path.join(project.folder, "out");
    const flags = ["--dry-run", "--containers-rollout=none", "--outdir", outdir];
    await runWrangler(["deploy", "--config", config, ...flags]);
    const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
    const contents = await readFile(path.join(outdir, "service.js"), "utf8");
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        ...workerOptions,
        name: "sandpiper",
        modules: [{ type: "ESModule", path: "service.js", contents }],
        bindings: { ...(workerOptions.bindings as object), ...SECRETS },
        cf: false,
        rootPath: project.folder,
      }),
    );
    const db = await miniflare.getD1Database("DB");
    const folder = path.join(project.folder, "node_modules/sandpiper/migrations");
    for (const name of project.packed.filter((file) => file.startsWith("migrations/")).sort()) {
      const text = await readFile(path.join(folder, path.basename(name)), "utf8");
      for (const statement of text.replaceAll(/^--.*$/gm, "").split(";"))
        if (statement.trim() !== "") await db.prepare(statement).run();
    }
  }, 120_000);

  afterAll(() => miniflare.dispose());

  const post = (at: string, body: unknown) =>
    miniflare.dispatchFetch(`http://deployed.test${at}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("serves all faces with the deployer's models", async () => {
    expect((await post("/jobs", { text: "one two" })).status).toBe(201);
    expect((await post("/jobs", { words: 1 })).status).toBe(422);
    const created = await post("/text/words/count", {});
    expect(await created.json()).toMatchObject({ code: 200, data: { uploads: [{ name: "text" }] } });
    expect((await post("/submit", { code: "print(1)" })).status).toBe(200);
    expect((await miniflare.dispatchFetch("http://deployed.test/openapi")).status).toBe(200);
  });

  test("compiles against the package's declarations", async () => {
    const options = {
      module: "esnext",
      moduleResolution: "bundler",
      skipLibCheck: true,
      types: [path.join(root, "node_modules/@cloudflare/workers-types")],
      lib: ["es2022"],
    };
    expect(await compiled(options, ["src/service.ts"])).toBe("");
  }, 60_000);
});
