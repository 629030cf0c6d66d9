import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Client, Watcher } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { HandExecutor } from "../support/hand-executor.ts";
import { addKey, serviceWith } from "../support/keys.ts";
import { jobStub } from "../support/objects.ts";
import { CHECKSUM, dataOf, ended, keyOf, put } from "../support/workloads.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterEach(restoreClock);
afterAll(() => executor.uninstall());

const call = serviceWith({ ACCESS: "keys", ANONYMOUS_RUNS: "false" });
const TOKEN = { authorization: "Bearer operator-token-of-the-tests" };
/** Longer than an isolate remembers a key or a block. */
const FORGOTTEN_MS = 31_000;

type Made = { readonly id: string; readonly owner: string; readonly headers: Record<string, string> };

const newKey = async (): Promise<Made> => {
  const [id, owner] = [crypto.randomUUID(), `owner-${crypto.randomUUID()}`];
  return { id, owner, headers: { "x-api-key": await addKey({ id, owner }) } };
};

/** The ways in which a key ends, each by the operator's call or by its own time. */
const WAYS: Record<string, (key: Made) => Promise<unknown>> = {
  revoked: ({ id }) => call(`/operator/keys/${id}`, TOKEN, undefined, "DELETE"),
  "blocked by its id": ({ id }) => call("/operator/blocks", TOKEN, { kind: "key", value: id, reason: "x" }),
  "blocked by its owner": ({ owner }) =>
    call("/operator/blocks", TOKEN, { kind: "owner", value: owner, reason: "x" }),
  "over by its time": ({ id }) =>
    testEnv.DB.prepare("UPDATE api_keys SET expires_at_ms = ?2 WHERE id = ?1").bind(id, Date.now()).run(),
};
const ways = Object.keys(WAYS);
const end = async (way: string, key: Made): Promise<void> => {
  await WAYS[way]?.(key);
  moveClock(FORGOTTEN_MS);
};

const submit = async (headers: Record<string, string>): Promise<string> =>
  (await (await call("/submit", headers, { code: "1" })).json<{ job_id: string }>()).job_id;

const watch = async (id: string, headers: Record<string, string>): Promise<Watcher> => {
  const { webSocket } = await call(`/stream/${id}`, { ...headers, upgrade: "websocket" });
  if (webSocket === null) throw new Error("no socket");
  return new Watcher(webSocket);
};

describe.each(ways)("a key that is %s", (way) => {
  it("loses its sockets and its events with the next ping, and nobody else's", async () => {
    const [key, other] = [await newKey(), await newKey()];
    const id = await submit(key.headers);
    const attempt = await executor.of(id);
    const [own, others] = [await watch(id, key.headers), await watch(id, other.headers)];
    const events = await call(`/logs/${id}/events`, key.headers);
    await attempt.log("before\n");
    await Promise.all([own.until("before"), others.until("before")]);
    await end(way, key);
    await runDurableObjectAlarm(jobStub(id));
    expect((await own.closed).code).toBe(4401);
    expect(await events.text()).toContain("before");
    await attempt.log("after\n");
    await others.until("after");
    expect(own.text).not.toContain("after");
    // The job is its owner's, and goes on.
    await attempt.finish();
    expect((await others.closed).code).toBe(1000);
    expect(await (await call(`/status/${id}`, other.headers)).json()).toMatchObject({ status: "completed" });
  });

  it("is told nothing at the end of a wait, be it for a run or for work", async () => {
    const key = await newKey();
    const id = await submit(key.headers);
    const attempt = await executor.of(id);
    const waiting = { ...key.headers, prefer: "wait=30" };
    const waits = [call(`/status/${id}`, waiting), call("/jobs/claim", waiting, {})];
    // They pass the door meanwhile; one that did not would be refused there.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await end(way, key);
    const another = await newKey();
    const made = await call("/jobs", another.headers, { image_url: "https://example.com/a.png" });
    const { job_id: job } = await made.json<{ job_id: string }>();
    await attempt.finish();
    const refused = way.startsWith("blocked") ? 403 : 401;
    const answers = await Promise.all(waits);
    expect(answers.map(({ status }) => status)).toEqual([refused, refused]);
    expect(await (await call(`/jobs/${job}`, another.headers)).json()).toMatchObject({ status: "queued" });
    await call(`/jobs/${job}`, another.headers, undefined, "DELETE");
  });
});

describe("what a key that has ended has left", () => {
  it("belongs to its owner: an upload to an address of before is taken, and the job ends", async () => {
    const key = await newKey();
    const created = await dataOf(await call(CHECKSUM, key.headers, {}));
    const asked = call(`${CHECKSUM}/${created.job_id}`, { ...key.headers, prefer: "wait=30" });
    await end("revoked", key);
    const upload = (created.uploads as { url: string }[])[0];
    await put(keyOf(upload?.url ?? ""), "abc", "text/plain");
    expect((await asked).status).toBe(401);
    const next = { "x-api-key": await addKey({ owner: key.owner }) };
    expect((await call(`${CHECKSUM}/${created.job_id}`, key.headers)).status).toBe(401);
    const asking = { fetch: (path: string) => call(path, next) } as unknown as Client;
    expect((await ended(asking, CHECKSUM, String(created.job_id))).status).toBe("succeeded");
  });
});
