import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { expectProblem } from "../support/answers.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { queueApi } from "../support/faults.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { evict, jobStub } from "../support/objects.ts";
import { watchCalls } from "./support/calls.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});
afterAll(() => executor.uninstall());

const start = async (client = new Client()) => {
  const id = await client.submit();
  return { client, id, attempt: await executor.of(id) };
};

/** A run that stays queued: its message is lost. */
const queued = async (client = new Client()) => {
  const sent = { metadata: { metrics: { backlogBytes: 0, backlogCount: 0 } } };
  vi.spyOn(queueApi, "send").mockResolvedValueOnce(sent);
  return { client, id: await client.submit() };
};

const ask = (client: Client, id: string, headers: HeadersInit): Promise<Response> =>
  client.fetch(`/status/${id}`, { headers });

const bodyOf = (response: Response): Promise<Record<string, unknown>> => response.json();

const activeJobs = async (client: Client): Promise<unknown> =>
  (await client.json<{ your_quota: Record<string, unknown> }>("/stats")).your_quota.active_jobs;

/** Whether an answer is still out a while later. */
const isHeld = async (answer: Promise<Response>): Promise<boolean> =>
  (await Promise.race([answer, scheduler.wait(150)])) === undefined;

describe("a question with Prefer: wait=n", () => {
  it("is answered when the run ends", async () => {
    const { client, id, attempt } = await start();
    const answer = ask(client, id, { prefer: "wait=30" });
    expect(await isHeld(answer)).toBe(true);
    await attempt.log("one\n");
    expect(await isHeld(answer)).toBe(true);
    await attempt.finish();
    const response = await answer;
    expect(response.headers.get("preference-applied")).toBe("wait=30");
    expect(await bodyOf(response)).toMatchObject({ status: "completed", exit_code: 0 });
  });

  it("may be the submission itself", async () => {
    const client = new Client();
    const known = new Set(executor.held.keys());
    const answer = client.fetch("/submit", {
      method: "POST",
      headers: { "content-type": "application/json", prefer: "respond-async, wait=20" },
      body: JSON.stringify({ code: "1" }),
    });
    await vi.waitUntil(() => executor.held.size > known.size);
    expect(await isHeld(answer)).toBe(true);
    await [...executor.held].find(([attemptId]) => !known.has(attemptId))?.[1].finish({ exitCode: 5 });
    const response = await answer;
    expect(response.headers.get("preference-applied")).toBe("wait=20");
    const body = await bodyOf(response);
    expect(body).toMatchObject({ status: "failed", exit_code: 5, position: 0, queue_position: 0 });
    expect(await client.status(String(body.job_id))).toMatchObject({ exit_code: 5 });
  });

  it("is answered as usual at the deadline, and the run goes on", async () => {
    const { client, id, attempt } = await start();
    const answer = ask(client, id, { prefer: "wait=1" });
    expect(await isHeld(answer)).toBe(true);
    const response = await answer;
    expect(response.headers.get("preference-applied")).toBe("wait=1");
    expect(await bodyOf(response)).toMatchObject({ status: "running", exit_code: null });
    await attempt.finish();
  });

  it("of no seconds is answered at once", async () => {
    const { client, id, attempt } = await start();
    const response = await ask(client, id, { prefer: "wait=0" });
    expect(response.headers.get("preference-applied")).toBe("wait=0");
    expect(await bodyOf(response)).toMatchObject({ status: "running" });
    await attempt.finish();
  });

  it("takes one request of the run's object, however long the run takes", async () => {
    const { client, id, attempt } = await start();
    const calls = watchCalls();
    const answer = ask(client, id, { prefer: "wait=30" });
    for (let count = 0; count < 4; count++) expect(await isHeld(answer)).toBe(true);
    expect(calls).toEqual(["waitForEnd"]);
    vi.restoreAllMocks();
    await attempt.finish();
    await (await answer).text();
  });

  it("is answered to all that wait", async () => {
    const { client, id, attempt } = await start();
    const answers = Array.from({ length: 20 }, () => ask(client, id, { prefer: "wait=30" }));
    expect(await isHeld(Promise.race(answers))).toBe(true);
    await attempt.finish();
    for (const answer of answers) expect(await bodyOf(await answer)).toMatchObject({ status: "completed" });
  });

  it("is answered with 404 when the run is deleted meanwhile", async () => {
    const { client, id } = await start();
    const answer = ask(client, id, { prefer: "wait=30" });
    expect(await isHeld(answer)).toBe(true);
    executor.isDown = true;
    await (jobStub(id) as unknown as { remove(): Promise<void> }).remove();
    executor.isDown = false;
    await expectProblem(await answer, 404, "job_not_found");
  });

  it.each([
    ["wait=20", 20],
    ["WAIT=20", 20],
    ['wait="20"', 20],
    ["wait = 20", 20],
    ["wait=20; foo=bar", 20],
    ["respond-async; x=1 , wait=20", 20],
    ["wait=20, wait=5", 20],
    ["wait=61", 60],
    ["wait=99999999999999999999", 60],
    ["wait=007", 7],
  ])("written %s waits for at most %i seconds", async (prefer, seconds) => {
    const { client, id, attempt } = await start();
    await attempt.finish();
    const response = await ask(client, id, { prefer });
    expect(response.headers.get("preference-applied")).toBe(`wait=${seconds}`);
  });

  it.each(["", "wait", "wait=", "wait=-1", "wait=1.5", "wait=soon", "await=20", "waits=20", "respond-async"])(
    "written %j does not wait",
    async (prefer) => {
      const { client, id, attempt } = await start();
      const response = await ask(client, id, { prefer });
      expect([response.status, response.headers.get("preference-applied")]).toEqual([200, null]);
      expect(await bodyOf(response)).toMatchObject({ status: "running" });
      await attempt.finish();
    },
  );
});

describe("the entity tag of a status", () => {
  const tagOf = async (client: Client, id: string): Promise<string> => {
    const tag = (await ask(client, id, {})).headers.get("etag") ?? "";
    expect(tag).toMatch(/^"[^"]+"$/);
    return tag;
  };

  it("gives 304 without a body while nothing has changed, also across an eviction", async () => {
    const { client, id, attempt } = await start();
    const tag = await tagOf(client, id);
    await attempt.log("a log is no change of the status\n");
    await evict(id);
    const response = await ask(client, id, { "if-none-match": tag });
    expect([response.status, await response.text()]).toEqual([304, ""]);
    expect(response.headers.get("etag")).toBe(tag);
    expect(response.headers.get("content-type")).toBeNull();
    await attempt.finish();
  });

  it("is another one after a change", async () => {
    const [waiting, running] = [await queued(), await start()];
    const tags = [await tagOf(waiting.client, waiting.id), await tagOf(running.client, running.id)];
    await waiting.client.post(`/cancel/${waiting.id}`, {});
    await running.attempt.finish();
    for (const [at, { client, id }] of [waiting, running].entries()) {
      const response = await ask(client, id, { "if-none-match": tags[at] ?? "" });
      expect(response.status).toBe(200);
      expect(response.headers.get("etag")).not.toBe(tags[at]);
    }
  });

  it("changes with the place in the queue", async () => {
    executor.isDown = true;
    const waiting = async () => {
      const client = new Client();
      return { client, id: await client.submit() };
    };
    const [ahead, behind] = [await waiting(), await waiting()];
    await until("its place behind the other", async () => {
      moveClock(6_000);
      return Number((await behind.client.status(behind.id)).queue_position) >= 2;
    });
    const tag = await tagOf(behind.client, behind.id);
    await ahead.client.post(`/cancel/${ahead.id}`, {});
    moveClock(6_000);
    const response = await ask(behind.client, behind.id, { "if-none-match": tag });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).not.toBe(tag);
    await behind.client.post(`/cancel/${behind.id}`, {});
    executor.isDown = false;
  });

  it("is matched by a star, in a list, and as a weak one", async () => {
    const { client, id, attempt } = await start();
    await attempt.finish();
    const tag = await tagOf(client, id);
    for (const [header, status] of [
      ["*", 304],
      [tag, 304],
      [`W/${tag}`, 304],
      [`"other", ${tag}`, 304],
      [`W/"other",W/${tag} , "more"`, 304],
      ['"other"', 200],
      [tag.replaceAll('"', ""), 200],
      ["", 200],
    ] as const) {
      expect([header, (await ask(client, id, { "if-none-match": header })).status]).toEqual([header, status]);
    }
  });

  it("may be asked for together with a wait: the answer comes with the change", async () => {
    const { client, id, attempt } = await start();
    const tag = await tagOf(client, id);
    const unchanged = await ask(client, id, { "if-none-match": tag, prefer: "wait=1" });
    expect([unchanged.status, unchanged.headers.get("preference-applied")]).toEqual([304, "wait=1"]);
    const answer = ask(client, id, { "if-none-match": tag, prefer: "wait=30" });
    expect(await isHeld(answer)).toBe(true);
    await attempt.finish();
    expect((await answer).status).toBe(200);
  });
});

describe("cancelling", () => {
  it("ends a queued run at once, and asking again changes nothing", async () => {
    const { client, id } = await queued();
    expect(await activeJobs(client)).toBe(1);
    const first = await client.post(`/cancel/${id}`, {});
    const body = await bodyOf(first);
    expect(body).toMatchObject({
      status: "failed",
      termination_reason: "cancelled",
      exit_code: null,
      attempts: 0,
    });
    expect(await activeJobs(client)).toBe(0);
    await evict(id);
    expect(await bodyOf(await client.post(`/cancel/${id}`, {}))).toEqual(body);
  });

  it("keeps what a running program had printed, and tells its watchers and who waits", async () => {
    const { client, id, attempt } = await start();
    await attempt.log("half a li");
    const watcher = await client.socket(`/logs/${id}/stream`, "sandpiper.v1");
    const waiting = ask(client, id, { prefer: "wait=30" });
    expect(await isHeld(waiting)).toBe(true);
    const response = await client.post(`/cancel/${id}`, {});
    expect(await bodyOf(response)).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    expect(attempt.isCancelled).toBe(true);
    expect(await bodyOf(await waiting)).toMatchObject({ termination_reason: "cancelled" });
    expect(await watcher.closed).toMatchObject({ code: 1000 });
    expect(JSON.parse(watcher.frames.at(-1) ?? "")).toMatchObject({
      type: "end",
      termination_reason: "cancelled",
      last_seq: 1,
    });
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "half a li" });
  });

  it("frees the slot of that run alone, however often and at once it is asked", async () => {
    const client = new Client();
    const [one, other] = [await start(client), await start(client)];
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post(`/cancel/${one.id}`, {})));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(await client.status(one.id)).toMatchObject({ termination_reason: "cancelled" });
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 1, used: 1.5 } });
    await other.attempt.finish();
    expect(await activeJobs(client)).toBe(0);
  });

  it("leaves an ended run as it is", async () => {
    const { client, id, attempt } = await start();
    await attempt.finish({ exitCode: 3 });
    const before = await client.status(id);
    const response = await client.post(`/cancel/${id}`, {});
    expect([response.status, await bodyOf(response)]).toEqual([200, before]);
    expect(await client.status(id)).toEqual(before);
  });

  it("is no way to learn of runs, and needs POST", async () => {
    const { client, id, attempt } = await start();
    await expectProblem(await client.post(`/cancel/job-${"0".repeat(32)}`, {}), 404, "job_not_found");
    const response = await client.fetch(`/cancel/${id}`);
    expect(response.headers.get("allow")).toContain("POST");
    await expectProblem(response, 405, "method_not_allowed");
    expect(attempt.isCancelled).toBe(false);
    await attempt.finish();
  });
});
