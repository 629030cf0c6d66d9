import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PoolEntry } from "../../../src/domain/pool/types.ts";
import { TRACE_HEADER, traceIdOf } from "../../../src/wire/trace.ts";
import { Client } from "../support/client.ts";
import { until } from "../support/eventually.ts";
import { header, Receiver } from "../support/webhook-receiver.ts";
import { endpoint, submitInTrace } from "../support/webhooks.ts";
import { poolStub, Seat, storedWaiting, viewOf } from "./support.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

afterEach(() => vi.restoreAllMocks());

/** The trace's id in what the pool keeps of the one job that waits. */
const waitingTrace = (): Promise<string> =>
  runInDurableObject(poolStub(), (_instance, { storage }) => {
    const [[, entry]] = [...storage.kv.list<PoolEntry>({ prefix: "wait/" })] as [[string, PoolEntry]];
    return traceIdOf(entry.trace ?? "");
  });

/** Runs one job all its way, and answers the trace's id at each place. */
const followed = async (headers: { readonly traceparent?: string }) => {
  const lines = vi.spyOn(console, "info").mockReturnValue(undefined);
  const receiver = new Receiver();
  const client = new Client();
  const id = await submitInTrace(client, headers, endpoint(receiver.url));
  await until("it waits", async () => (await storedWaiting()) === 1);
  const pool = await waitingTrace();
  const seat = await new Seat().join();
  const attempt = await seat.attempt();
  const executor = traceIdOf(attempt.request.trace ?? "");
  await attempt.finish();
  const [told] = await receiver.attempts(1);
  seat.close(1000);
  await until("nobody", async () => (await viewOf()).executors.length === 0);
  const said = lines.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, string>);
  expect(await client.status(id)).toMatchObject({ status: "completed" });
  return { pool, executor, webhook: traceIdOf(header(told, TRACE_HEADER)), said };
};

describe("a trace", () => {
  it("that a submission names goes through queue, pool, executor and webhook, with a line a step", async () => {
    const { said, ...ids } = await followed({ traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` });
    expect(ids).toEqual({ pool: TRACE_ID, executor: TRACE_ID, webhook: TRACE_ID });
    const steps = said.filter(({ traceId }) => traceId === TRACE_ID);
    const named = steps.map(({ event, state, outcome }) => `${event} ${state ?? outcome ?? ""}`);
    expect(named).toEqual([
      "job.stepped queued",
      "pool.offered accepted",
      "job.stepped running",
      "job.stepped succeeded",
      "webhook.attempt delivered",
    ]);
    expect(JSON.stringify(steps)).not.toContain("job-");
  });

  it("is made where none is named, or a malformed one, and says nothing of steps that nobody records", async () => {
    const { said, ...ids } = await followed({ traceparent: `00-${TRACE_ID}-0-01` });
    expect(ids.pool).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(ids.pool).not.toBe(TRACE_ID);
    expect(ids).toEqual({ pool: ids.pool, executor: ids.pool, webhook: ids.pool });
    const steps = said.filter(({ traceId }) => traceId === ids.pool);
    expect(steps.map(({ event }) => event)).toEqual(["webhook.attempt"]);
  });
});
