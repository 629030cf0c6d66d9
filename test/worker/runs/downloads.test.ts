import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bucketKeys } from "../../../src/domain/keys.ts";
import { membersOf } from "../../unit/uploads/support/submit.ts";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock, stopClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { until } from "../support/eventually.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub, NO_TRACE, traceOf } from "../support/objects.ts";
import { storeOutputs } from "../support/outputs.ts";
import { noise } from "../support/uploads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const runThatMade = async (contents: Record<string, string | Uint8Array>) => {
  const client = new Client();
  const id = await client.submit({ code: "1", outputs: ["*.png"] });
  const attempt = await executor.of(id);
  await attempt.log("log\n");
  const outputs = await storeOutputs(attempt, contents);
  await attempt.finish({ outputs });
  return { client, id, attempt };
};

const unpacked = async (response: Response) => {
  if (response.body === null) throw new Error("no body");
  const tar = response.body.pipeThrough(new DecompressionStream("gzip"));
  return membersOf(await new Response(tar).bytes());
};

const isGone = async (client: Client, id: string): Promise<boolean> =>
  (await client.fetch(`/status/${id}`)).status === 404;

/** Long enough for a deletion that should not happen to have happened. */
const stays = async (client: Client, id: string): Promise<void> => {
  await scheduler.wait(150);
  expect(await client.status(id)).toMatchObject({ status: "completed" });
};

describe("the full download", () => {
  it("has every file under ./ whatever the patterns select, and is all that can be asked for then", async () => {
    const long = `${"folder-of-some-length/".repeat(7)}näme.txt`;
    const made = { "a.png": "image", "sub/b.txt": "text", empty: "", [long]: "deep", "ü 😀.txt": "é" };
    const { client, id, attempt } = await runThatMade(made);
    const response = await client.fetch(`/download/${id}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/gzip",
      "content-disposition": `attachment; filename="${id}.tar.gz"`,
    });
    const members = await unpacked(response);
    expect(Object.fromEntries(members.map(({ name, text }) => [name, text]))).toEqual(
      Object.fromEntries(Object.entries(made).map(([path, text]) => [`./${path}`, text])),
    );
    expect(members.every(({ type }) => type === "file")).toBe(true);
    await until("nothing but the download", () => isGone(client, id));
    for (const path of [
      `status/${id}`,
      `logs/${id}`,
      `outputs/${id}`,
      `download/${id}/a.png`,
      `outputs/${id}/a.png`,
      `logs/${id}/events`,
    ]) {
      await expectProblem(await client.fetch(`/${path}`), 404, "job_not_found");
    }
    const watcher = await client.socket(`/stream/${id}`);
    expect(await watcher.closed).toMatchObject({ code: 4404 });
    expect((await client.post(`/cancel/${id}`, {})).status).toBe(404);
    expect((await attempt.post([])).status).toBe(409);
    expect((await unpacked(await client.fetch(`/download/${id}`))).length).toBe(members.length);
    expect(await client.json("/stats")).toMatchObject({
      your_quota: { active_jobs: 0, used: 0.05, jobs_last_hour: 1 },
    });
  });

  it("of a run that made nothing is an empty archive, and the end of the job as well", async () => {
    const { client, id } = await runThatMade({});
    expect(await unpacked(await client.fetch(`/download/${id}`))).toEqual([]);
    await until("nothing but the download", () => isGone(client, id));
  });

  it("brings large files whole", async () => {
    const content = noise(3_000_000);
    const { client, id } = await runThatMade({ "noise.bin": content });
    const response = await client.fetch(`/download/${id}`);
    if (response.body === null) throw new Error("no body");
    const tar = await new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).bytes();
    expect(tar.length % 512).toBe(0);
    const start = tar.length - 1_024 - Math.ceil(content.length / 512) * 512;
    expect(tar.subarray(start, start + content.length)).toEqual(content);
    await until("nothing but the download", () => isGone(client, id));
  });

  it("may be made again for ten minutes; then nothing is left", async () => {
    stopClock();
    const { client, id } = await runThatMade({ "a.png": "x" });
    await unpacked(await client.fetch(`/download/${id}`));
    await until("nothing but the download", () => isGone(client, id));
    moveClock(599_999);
    await evict(id);
    await runDurableObjectAlarm(jobStub(id));
    expect((await unpacked(await client.fetch(`/download/${id}`))).length).toBe(1);
    moveClock(1);
    await evict(id);
    expect(await runDurableObjectAlarm(jobStub(id))).toBe(true);
    expect(await traceOf(id)).toEqual(NO_TRACE);
    await expectProblem(await client.fetch(`/download/${id}`), 404, "job_not_found");
  });

  it("is refused while the run is not over", async () => {
    const client = new Client();
    const id = await client.submit();
    const attempt = await executor.of(id);
    await expectProblem(await client.fetch(`/download/${id}`), 409, "not_finished");
    await attempt.finish();
    await stays(client, id);
  });
});

describe("nothing is deleted", () => {
  it("by a HEAD", async () => {
    const { client, id } = await runThatMade({ "a.png": "x" });
    const response = await client.fetch(`/download/${id}`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/gzip"]);
    await response.text();
    await stays(client, id);
  });

  it("by a download that breaks off before its first byte or after some of them", async () => {
    const { client, id } = await runThatMade({ "noise.bin": noise(3_000_000) });
    const untouched = await client.fetch(`/download/${id}`);
    await untouched.body?.cancel();
    const begun = await client.fetch(`/download/${id}`);
    const reader = begun.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
    await stays(client, id);
    expect((await unpacked(await client.fetch(`/download/${id}`))).length).toBe(1);
    await until("nothing but the download", () => isGone(client, id));
  });

  it("by a small download that breaks off", async () => {
    const { client, id } = await runThatMade({ "a.png": "x" });
    await (await client.fetch(`/download/${id}`)).body?.cancel();
    await stays(client, id);
  });

  it("by a download whose file is lost, which breaks off instead of being wrong", async () => {
    const { client, id, attempt } = await runThatMade({ "a.png": noise(300_000), "b.png": "x" });
    await testEnv.BUCKET.delete(bucketKeys.output(attempt.request.attemptId, 1));
    const response = await client.fetch(`/download/${id}`);
    await expect(response.bytes()).rejects.toThrow();
    await stays(client, id);
  });

  it("by downloading each file", async () => {
    const { client, id } = await runThatMade({ "a.png": "x", "b.txt": "y" });
    for (const path of ["a.png", "b.txt"]) await (await client.fetch(`/download/${id}/${path}`)).text();
    await stays(client, id);
  });
});

describe("the retention", () => {
  it("takes the outputs of every attempt with it", async () => {
    const client = new Client();
    const id = await client.submit();
    const first = await executor.of(id);
    await storeOutputs(first, { "lost.txt": "x" });
    await first.finish({ reason: "infrastructure", exitCode: null, message: "gone" });
    const second = await executor.of(id);
    await second.finish({ outputs: await storeOutputs(second, { "kept.txt": "y", "more.txt": "z" }) });
    expect(await traceOf(id)).toMatchObject({ objects: 3 });
    moveClock(3_600_000);
    await runDurableObjectAlarm(jobStub(id));
    expect(await traceOf(id)).toEqual(NO_TRACE);
  });
});
