import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readD1Migrations } from "@cloudflare/vitest-plugin";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { root } from "../../scripts/lib/local.ts";
import { runWrangler } from "../../scripts/lib/wrangler.ts";
import { JobsClient, overHttp } from "../../src/client/jobs.ts";
import type { JobView } from "../../src/wire/typed-jobs.ts";

/** Folders, and the names that their wrangler.toml gives them. */
const examples = {
  "ten-lines": "ten-lines",
  "consumer-worker": "word-consumer",
  "caller-worker": "word-caller",
};
const unknownId = "00000000-0000-4000-8000-000000000000";
let folder: string;
let miniflare: Miniflare;
let url: URL;

const workerOf = async (example: string) => {
  const config = path.join(root, "docs/examples", example, "wrangler.toml");
  const outdir = path.join(folder, example);
  await runWrangler(["deploy", "--dry-run", "--config", config, "--outdir", outdir]);
  const { workerOptions } = unstable_getMiniflareWorkerOptions(config);
  const contents = await readFile(path.join(outdir, "worker.js"), "utf8");
  return { ...workerOptions, modules: [{ type: "ESModule" as const, path: "worker.js", contents }] };
};

const migrate = async (): Promise<void> => {
  const db = await miniflare.getD1Database("DB", "ten-lines");
  const migrations = await readD1Migrations(path.join(root, "migrations"));
  for (const { queries } of migrations) await db.batch(queries.map((query) => db.prepare(query)));
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sandpiper-examples-"));
  const workers = [];
  for (const [example, name] of Object.entries(examples))
    workers.push({ ...(await workerOf(example)), name });
  miniflare = new Miniflare(convertV4MiniflareOptions({ workers, cf: false, rootPath: folder }));
  url = await miniflare.ready;
  await migrate();
}, 120_000);

afterAll(async () => {
  await miniflare.dispose();
  await rm(folder, { recursive: true, force: true });
});

const create = async (text: string): Promise<string> => {
  const response = await fetch(new URL("/jobs", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as JobView).job_id;
};

const job = async (id: string): Promise<JobView> =>
  (await (await fetch(new URL(`/jobs/${id}`, url))).json()) as JobView;

describe("ten lines and a consumer", () => {
  it("take a job from its registration over the queue to its result", async () => {
    const text = "the quick brown fox jumps over the lazy dog again";
    const id = await create(text);
    await vi.waitFor(async () => expect((await job(id)).status).toBe("completed"), 20_000);
    expect(await job(id)).toMatchObject({
      result_count: 10,
      response_payload: { words: text.split(" "), result_count: 10 },
      warnings: ["a long text"],
    });
    const list = await (await fetch(new URL("/jobs?status=completed", url))).json();
    expect(list).toMatchObject({ Jobs: expect.arrayContaining([expect.objectContaining({ job_id: id })]) });
  }, 30_000);

  it("end a job that cannot be done in error, with its reason", async () => {
    const id = await create("unreadable");
    await vi.waitFor(async () => expect((await job(id)).status).toBe("error"), 20_000);
    expect(await job(id)).toMatchObject({ errors: ["the text cannot be read"], response_payload: null });
  }, 30_000);
});

type Calls = (
  method: string,
  args: unknown[],
  bestEffort?: boolean,
) => Promise<{ job?: unknown; error?: string }>;

const overRpc: Calls = async (method, args, bestEffort = false) => {
  const caller = await miniflare.getWorker("word-caller");
  const response = await caller.fetch("http://caller.test/", {
    method: "POST",
    body: JSON.stringify({ method, args, bestEffort }),
  });
  return (await response.json()) as { job?: unknown };
};

const overTheNetwork: Calls = async (method, args, bestEffort = false) => {
  const client = new JobsClient(overHttp({ url: url.href }), { bestEffort });
  try {
    const call = client[method as "getJob"] as unknown as (...args: unknown[]) => Promise<unknown>;
    return { job: await call.apply(client, args) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : "unknown" };
  }
};

describe.each([
  ["between two Workers", overRpc],
  ["over HTTP", overTheNetwork],
])("JobsClient %s", (_where, call) => {
  /** A job that the consumer is done with. */
  const settled = async (): Promise<string> => {
    const id = await create("one two");
    await vi.waitFor(async () => expect((await job(id)).status).toBe("completed"), 20_000);
    return id;
  };

  it("reads, reports, notes and completes a job", async () => {
    const id = await settled();
    expect(await call("getJob", [id])).toEqual({ job: await job(id) });
    await call("setStatus", [id, "processing", { warnings: "one", errors: ["first"] }]);
    expect(await call("addWarnings", [id, ["two", "two"]])).toMatchObject({
      job: { status: "processing", warnings: ["one", "two", "two"], errors: ["first"] },
    });
    const result = { words: ["x"], result_count: 1 };
    expect(await call("submitResult", [id, result, "late"])).toMatchObject({
      job: { status: "completed", response_payload: result, warnings: ["one", "two", "two", "late"] },
    });
    expect(await call("markError", [id, "broken"])).toMatchObject({
      job: { status: "error", errors: ["first", "broken"] },
    });
  }, 40_000);

  it("refuses what does not fit and leaves the job alone", async () => {
    const id = await settled();
    const before = await job(id);
    expect(await call("submitResult", [id, { words: 7 }])).toEqual({ error: "InvalidPayloadError" });
    expect(await call("setStatus", [id, "done"], true)).toEqual({ error: "TypeError" });
    expect(await job(id)).toEqual(before);
  }, 40_000);

  it("says that a job does not exist, except where bookkeeping is best effort", async () => {
    for (const [method, ...rest] of [
      ["getJob"],
      ["submitResult", { words: [], result_count: 0 }],
      ["setStatus", "error"],
      ["markError", "x"],
      ["addWarnings", "x"],
    ] as const)
      expect([method, await call(method, [unknownId, ...rest])]).toEqual([
        method,
        { error: "JobNotFoundError" },
      ]);
    expect(await call("getJob", [unknownId], true)).toEqual({ error: "JobNotFoundError" });
    expect(await call("setStatus", [unknownId, "error"], true)).toEqual({ job: null });
    expect(await call("markError", [unknownId, "x"], true)).toEqual({ job: null });
    expect(await call("addWarnings", [unknownId, "x"], true)).toEqual({ job: null });
  });
});

it("a best-effort client survives a service that is not there", async () => {
  const log = vi.fn();
  const client = new JobsClient(overHttp({ url: "http://127.0.0.1:9" }), { bestEffort: true, log });
  expect(await client.setStatus(unknownId, "error")).toBeNull();
  expect(log).toHaveBeenCalledTimes(1);
  await expect(client.submitResult(unknownId, {})).rejects.toThrow();
});
