import { createExecutionContext, env } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { createService } from "../../../src/app.ts";
import { depsFor } from "../../../src/deps.ts";
import * as deployed from "../../../src/service.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { until } from "../support/eventually.ts";
import { worldOf } from "../support/objects.ts";
import { viewOf } from "./support.ts";

const MAX_WAITING = 50;
const service = createService(
  depsFor({ ...(env as unknown as Record<string, unknown>), POOL_MAX_WAITING: String(MAX_WAITING) }),
  deployed,
);

const submit = (client: Client, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(
    service.request(
      "http://sandpiper.test/submit",
      {
        method: "POST",
        headers: { "content-type": "application/json", "cf-connecting-ip": client.address, ...headers },
        body: JSON.stringify({ code: "1" }),
      },
      undefined,
      createExecutionContext(),
    ),
  );

afterEach(restoreClock);

describe("a pool in which as much waits as may", () => {
  it("admits nothing more, stores nothing for it, and keeps what it has; a kept answer is still given", async () => {
    const admitted = await Promise.all(
      Array.from({ length: MAX_WAITING }, async () => {
        const client = new Client();
        const response = await submit(client, { "idempotency-key": "one" });
        expect(response.status).toBe(200);
        return { client, id: (await response.json<{ job_id: string }>()).job_id };
      }),
    );
    await until("all wait", async () => (await viewOf()).waiting === MAX_WAITING);
    moveClock(6_000);

    const late = new Client();
    const before = await worldOf(late.address);
    const refused = await submit(late, { "idempotency-key": "late" });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ type: "urn:sandpiper:error:unavailable" });
    expect(await worldOf(late.address)).toEqual(before);

    for (const { client, id } of admitted.slice(0, 1)) {
      const again = await submit(client, { "idempotency-key": "one" });
      expect(again.status).toBe(200);
      expect(((await again.json()) as { job_id: string }).job_id).toBe(id);
    }

    await Promise.all(admitted.map(({ client, id }) => client.post(`/cancel/${id}`, {})));
    await until("none waits", async () => (await viewOf()).waiting === 0);
    moveClock(6_000);
    const repeated = await submit(late, { "idempotency-key": "late" });
    expect(repeated.status).toBe(200);
    const { job_id: id } = (await repeated.json()) as { job_id: string };
    await late.post(`/cancel/${id}`, {});
  });
});
