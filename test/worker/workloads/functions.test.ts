import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { depsFor } from "../../../src/deps.ts";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { defineWorkload } from "../../../src/domain/workloads/define.ts";
import { newWorkloadJob } from "../../../src/domain/workloads/new-job.ts";
import type { FunctionContext, Workload } from "../../../src/domain/workloads/types.ts";
import { runFunction } from "../../../src/queue/function-runner.ts";
import { Client } from "../support/client.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { queueApi } from "../support/faults.ts";
import { bucketKeysOf, recordOf } from "../support/objects.ts";
import { CHECKSUM, create, ended, put, read } from "../support/workloads.ts";

afterEach(() => vi.restoreAllMocks());

const MIB = 1_048_576;
const deps = depsFor(testEnv as unknown as Record<string, unknown>);
const params = z.object({ times: z.int().default(1) });
const inputs = { file: {}, note: { isRequired: false } } as const;
const outputs = { "one.txt": { contentType: "text/plain" }, "two.bin": { contentType: "a/b" } } as const;
type Context = FunctionContext<z.output<typeof params>, typeof inputs, typeof outputs>;

const workloadOf = (run: (context: Context) => Promise<void>, timeoutSeconds = 300): Workload =>
  defineWorkload({
    path: "test/function/once",
    entity: "example",
    summary: "A function of a test",
    params,
    inputs,
    outputs,
    process: { kind: "function", timeoutSeconds, run },
  });

/** A job of a function that the test runs itself, because the queue loses its message. */
const started = async (workload: Workload, content: string | Uint8Array = "content") => {
  vi.spyOn(queueApi, "send").mockResolvedValue({} as never);
  const jobId = crypto.randomUUID();
  const job = deps.jobs.byId(jobId);
  const request = {
    workload,
    jobId,
    objectId: job.objectId,
    promises: {},
    params: { times: 3 },
    owner: null,
    clientKey: null,
    webhooks: [],
    trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
  };
  const created = await job.create(await newWorkloadJob(deps, { ...request, now: Date.now() }));
  const [file] = created.upload?.parts ?? [];
  await put(file?.key, content, "text/plain");
  await job.checkUploads(false);
  const run = await job.startFunction();
  if (run === null) throw new Error("it did not start");
  return { jobId, job, run, key: file?.key ?? "" };
};

const runOnce = async (body: (context: Context) => Promise<void>, content?: string | Uint8Array) => {
  const workload = workloadOf(body);
  const { jobId, job, run } = await started(workload, content);
  await runFunction(deps, [workload], job, run);
  return { record: await recordOf(jobId), log: await job.logTail(4_096), run };
};

const textOf = async (key: string): Promise<string> => (await (await testEnv.BUCKET.get(key))?.text()) ?? "";

describe("a function of a workload", () => {
  it("runs in the queue consumer from an upload to its output", async () => {
    const client = new Client();
    const { id, keys } = await create(client, CHECKSUM, { label: "abc" });
    await put(keys.get("file"), "abc", "text/plain");
    await read(client, CHECKSUM, id);
    const data = await ended(client, CHECKSUM, id);
    expect(data).toMatchObject({
      status: "succeeded",
      outputs: [{ name: "checksum.json", content_type: "application/json" }],
    });
    const { pathname } = new URL(String(data.url));
    const report: unknown = JSON.parse(await textOf(pathname.split("/").slice(2).join("/")));
    expect(report).toEqual({
      label: "abc",
      size_bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
  });

  it("gets its params and inputs, and null for an optional part that did not come", async () => {
    const { record, log } = await runOnce(async (context) => {
      const { file, note } = context.inputs;
      const text = await new Response(await file.open()).text();
      const again = await new Response(await file.open()).text();
      context.log(JSON.stringify([context.params, note, file.sizeBytes, file.contentType, text, again]));
    });
    expect(record).toMatchObject({ state: "succeeded", result: { exitCode: 0, outputs: [] } });
    expect(log).toBe('[{"times":3},null,7,"text/plain","content","content"]\n');
  });

  it("stores each output once it was written to, in that order, with size and hash", async () => {
    const big = new Uint8Array(1_500_000).fill(7);
    const { record, run } = await runOnce(async (context) => {
      const two = context.outputs["two.bin"].stream().getWriter();
      for (let count = 0; count < 16; count++) await two.write(big);
      await context.outputs["one.txt"].write("small");
      await context.outputs["one.txt"].write(new TextEncoder().encode(" text"));
    });
    const whole = new Uint8Array(16 * big.length).fill(7);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
    const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(record?.result?.outputs).toMatchObject([
      { path: "two.bin", sizeBytes: whole.length, sha256 },
      { path: "one.txt", sizeBytes: 10 },
    ]);
    const stored = await testEnv.BUCKET.head(bucketKeys.output(run.attemptId, 0));
    expect(stored?.size).toBe(whole.length);
    expect(await textOf(bucketKeys.output(run.attemptId, 1))).toBe("small text");
  });

  it("that throws fails the job with exit code 1 and its message, and leaves no output", async () => {
    const { record, log, run } = await runOnce(async (context) => {
      await context.outputs["two.bin"].write(new Uint8Array(9 * MIB));
      throw new Error("row 3 is odd");
    });
    expect(record).toMatchObject({ state: "failed", result: { reason: "exit", exitCode: 1, outputs: [] } });
    expect(log).toBe("row 3 is odd\n");
    expect(await bucketKeysOf(bucketKeys.output(run.attemptId, 0))).toEqual([]);
  });

  it("notes its progress in the log, each percent once", async () => {
    const { log } = await runOnce(async ({ progress }) => {
      for (const fraction of [0, 0.001, 0.5, 0.4, 0.5, 2, Number.NaN]) progress(fraction);
    });
    expect(log).toBe("0%\n50%\n100%\n");
  });

  it("whose input was replaced since the start does not read the new one, and the job says so", async () => {
    const workload = workloadOf(async ({ inputs: { file } }) => {
      await new Response(await file.open()).text();
    });
    const { jobId, job, run, key } = await started(workload);
    await put(key, "something else", "text/plain");
    await runFunction(deps, [workload], job, run);
    for (let attempt = 1; attempt < 3; attempt++) {
      const next = await job.startFunction();
      if (next !== null) await runFunction(deps, [workload], job, next);
    }
    expect(await recordOf(jobId)).toMatchObject({
      state: "failed",
      result: { reason: "bad_input", message: "The input file was changed after processing began" },
    });
  });

  it("is told to stop when the job is cancelled, and the job does not wait for one that goes on", async () => {
    let signal: AbortSignal | null = null;
    const workload = workloadOf((context) => {
      ({ signal } = context);
      context.log("at work");
      return new Promise(() => undefined);
    });
    const { jobId, job, run } = await started(workload);
    const running = runFunction(deps, [workload], job, run);
    await until("a log", async () => (await job.logTail(100)) === "at work\n");
    await job.cancel();
    await running;
    expect(await recordOf(jobId)).toMatchObject({ state: "cancelled" });
    expect((signal as AbortSignal | null)?.aborted).toBe(true);
  }, 20_000);

  it("ends when its time is over", async () => {
    const workload = workloadOf(() => new Promise(() => undefined), 1);
    const { jobId, job, run } = await started(workload);
    await runFunction(deps, [workload], job, run);
    expect(await recordOf(jobId)).toMatchObject({ state: "failed", result: { reason: "timeout_wall" } });
  });

  it("that another attempt has taken over reports nothing more", async () => {
    const workload = workloadOf(async ({ outputs: { "one.txt": one } }) => one.write("late"));
    const { jobId, job, run } = await started(workload);
    await job.failAttempt(run.attemptId, "its lease ran out");
    const second = await job.startFunction();
    await runFunction(deps, [workload], job, run);
    expect(await recordOf(jobId)).toMatchObject({ state: "running", attemptsMade: 2, result: null });
    if (second !== null) await runFunction(deps, [workload], job, second);
    expect(await recordOf(jobId)).toMatchObject({ state: "succeeded" });
  });

  it("that the service no longer declares fails its job", async () => {
    const workload = workloadOf(async () => undefined);
    const { jobId, job, run } = await started(workload);
    await runFunction(deps, [], job, run);
    expect(await recordOf(jobId)).toMatchObject({ state: "queued" });
  });
});
