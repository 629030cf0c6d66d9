import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { WebhookEndpoint } from "../../../src/domain/webhooks/endpoint.ts";
import { createApp } from "../../../src/http/jobs/create-app.ts";
import { Receiver, verified } from "../support/webhook-receiver.ts";
import { afterAttempts, endpoint, loseDeliveries, rawEnv, secretOf } from "../support/webhooks.ts";

const request = z.object({ text: z.string() });
const response = z.object({ words: z.int() });

type Json = Record<string, unknown>;

afterEach(() => {
  vi.restoreAllMocks();
});

/** A service of typed jobs with these endpoints, and a job of it. */
class Jobs {
  readonly #app: ReturnType<typeof createApp>;
  id = "";

  constructor(...webhookEndpoints: WebhookEndpoint[]) {
    this.#app = createApp(request, response, undefined, { webhookEndpoints });
  }

  async call(method: string, path: string, body?: unknown): Promise<Json> {
    const init = { method, headers: { "content-type": "application/json" } };
    const sent = body === undefined ? init : { ...init, body: JSON.stringify(body) };
    const answer = await this.#app.fetch(new Request(`http://jobs.test${path}`, sent), rawEnv);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json<Json>();
  }

  async create(): Promise<Json> {
    const job = await this.call("POST", "/jobs", { text: "one two" });
    this.id = String(job.job_id);
    return job;
  }

  patch(status: string): Promise<Json> {
    return this.call("PATCH", `/jobs/${this.id}`, { status });
  }

  complete(): Promise<Json> {
    return this.call("PUT", `/jobs/${this.id}`, { words: 2 });
  }

  async webhooks(): Promise<Json[]> {
    return (await this.call("GET", `/jobs/${this.id}/webhooks`)).Webhooks as Json[];
  }
}

describe("the end of a typed job", () => {
  it("is told with the job's eleven keys, and its delivery can be read", async () => {
    const receiver = new Receiver();
    const jobs = new Jobs(endpoint(receiver.url));
    await jobs.create();
    await jobs.patch("processing");
    expect(await jobs.webhooks()).toEqual([]);
    const job = await jobs.complete();

    const [first] = await receiver.attempts(1);
    expect(verified(first, secretOf("RECEIVER_SECRET"))).toEqual({
      type: "job.succeeded",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { ...job, revision: 1 },
    });
    expect(Object.keys(job)).toHaveLength(11);
    const [delivery] = await jobs.webhooks();
    expect(await afterAttempts(String(delivery?.id), 1)).toMatchObject({ state: "delivered" });
    expect(await jobs.webhooks()).toMatchObject([
      { type: "job.succeeded", endpoint: "service", state: "delivered", attempts: 1 },
    ]);
  });

  it.each([
    ["error", "job.failed"],
    ["cancelled", "job.cancelled"],
    ["completed", "job.succeeded"],
  ])("in %s is %s", async (status, type) => {
    const receiver = new Receiver();
    const jobs = new Jobs(endpoint(receiver.url));
    await jobs.create();
    const job = await jobs.patch(status);
    const [first] = await receiver.attempts(1);
    expect(verified(first, secretOf("RECEIVER_SECRET"))).toMatchObject({ type, data: job });
  });

  it("is told anew each time: error twice is two, and so is a corrected result", async () => {
    const receiver = new Receiver();
    const jobs = new Jobs(endpoint(receiver.url));
    await jobs.create();
    for (const status of ["error", "error", "processing"]) await jobs.patch(status);
    for (let count = 0; count < 2; count++) await jobs.complete();
    await jobs.call("PATCH", `/jobs/${jobs.id}`, { warnings: ["a note is no end"] });
    const received = await receiver.attempts(4);
    const told = received.map(
      (one) => verified(one, secretOf("RECEIVER_SECRET")) as { type: string; data: Json },
    );
    expect(told.map(({ type, data }) => `${data.revision} ${type}`).sort()).toEqual([
      "1 job.failed",
      "2 job.failed",
      "3 job.succeeded",
      "4 job.succeeded",
    ]);
    expect(new Set(received.map((one) => one.headers["webhook-id"])).size).toBe(4);
  });

  it("is told later where the deliveries could not be reached at first", async () => {
    const receiver = new Receiver();
    const jobs = new Jobs(endpoint(receiver.url));
    await jobs.create();
    loseDeliveries();
    expect(await jobs.complete()).toMatchObject({ status: "completed" });
    vi.restoreAllMocks();
    expect(await receiver.received()).toEqual([]);
    const objects = rawEnv.TYPED_JOB_OBJECT as DurableObjectNamespace;
    await runDurableObjectAlarm(objects.get(objects.idFromName(`job/${jobs.id}`)));
    expect(await receiver.attempts(1)).toHaveLength(1);
  });

  it("is signed with the new secret and the old one while the secret is changed", async () => {
    const receiver = new Receiver();
    const [old, fresh] = [secretOf("RECEIVER_SECRET"), `whsec_${btoa("the-secret-that-comes-afterwards")}`];
    const env = rawEnv as Record<string, unknown>;
    env.RECEIVER_SECRET = `${fresh} ${old}`;
    try {
      const jobs = new Jobs(endpoint(receiver.url));
      await jobs.create();
      await jobs.complete();
      const [first] = await receiver.attempts(1);
      expect(verified(first, fresh)).toEqual(verified(first, old));
    } finally {
      env.RECEIVER_SECRET = old;
    }
  });

  it("is nobody's business where there are no endpoints", async () => {
    const jobs = new Jobs();
    await jobs.create();
    await jobs.complete();
    expect(await jobs.webhooks()).toEqual([]);
  });
});
