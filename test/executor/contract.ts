import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { executorHealth } from "../../src/wire/attempt.ts";
import type { ExecutorAddress } from "./support/executor-process.ts";
import type { FakeWorker } from "./support/fake-worker.ts";
import { makeRequest, resultOf, runJob, send } from "./support/jobs.ts";

/** How the suite reaches the executor under test, and the Worker that this one reports to. */
export interface Reach {
  readonly executor: () => ExecutorAddress;
  readonly worker: () => FakeWorker;
}

const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

const verifies = (workerId: string, signature: string, text: string): boolean => {
  const key = Buffer.concat([ED25519_PREFIX, Buffer.from(workerId, "base64")]);
  const publicKey = createPublicKey({ key, format: "der", type: "spki" });
  return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "base64"));
};

const describeAccess = ({ executor, worker }: Reach): void => {
  it("tells its health to anyone", async () => {
    const response = await fetch(`${executor().url}/health`);
    const health = executorHealth.parse(await response.json());
    expect(health.status).toBe("healthy");
    expect(health.slots.total).toBeGreaterThan(0);
  });

  it("answers nothing else", async () => {
    for (const path of ["/", "/attempts", "/environments", "/health/x"]) {
      expect((await fetch(`${executor().url}${path}`)).status).toBe(404);
    }
  });

  it("says of itself what it is and can hold when it joins", () => {
    const { hello, key } = executor().seat;
    expect(hello.environments.map(({ name }) => name)).toContain("default");
    expect(hello.slots).toBeGreaterThan(0);
    expect(hello.memory_mb).toBeGreaterThan(100);
    expect(key).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  });

  it("ignores messages that only a newer pool knows, and attempts that it does not hold", async () => {
    const { seat } = executor();
    seat.send({ type: "dance" } as never);
    seat.cancel(worker().open().id);
    expect((await runJob(executor(), worker(), "print(1)")).stdout).toBe("1\n");
  });
};

const describeNeighbours = ({ executor, worker }: Reach): void => {
  it("refuses an offer that asks for what only a newer one knows", async () => {
    const { id } = worker().open();
    const { seat } = executor();
    seat.send({ type: "offer", memory_mb: 1, attempt: { attemptId: id, protocol: 99 } } as never);
    const refused = { type: "refused", attempt_id: id, reason: "invalid" };
    await expect.poll(() => seat.said.slice(-5)).toContainEqual(refused);
  });

  it("runs what a service of before asks for, and reads past what only a newer one says", async () => {
    const attempt = worker().open();
    const { hashed: _hashed, ...before } = makeRequest(attempt, "print('either')");
    await send(executor(), { ...before, colour: "new" } as never);
    expect((await resultOf(attempt)).stdout).toBe("either\n");
  });
};

const describeReports = ({ executor, worker }: Reach): void => {
  it("accepts an attempt and reports started, logs and one result, numbered without gaps", async () => {
    const attempt = worker().open();
    const request = makeRequest(attempt, "print('hello')");
    await send(executor(), request);
    const { stdout, finished } = await resultOf(attempt);
    expect(stdout).toBe("hello\n");
    expect(finished).toMatchObject({ reason: "exit", exitCode: 0, signal: null, message: null });
    const types = attempt.events.map(({ type }) => type);
    expect(types[0]).toBe("started");
    expect(types.filter((type) => type === "finished")).toEqual(["finished"]);
    expect(attempt.events.map(({ n }) => n)).toEqual(attempt.events.map((_, index) => index + 1));
  });

  it("runs an attempt that is offered twice once", async () => {
    const attempt = worker().open();
    const request = makeRequest(attempt, "print('once')");
    const { seat } = executor();
    expect(await seat.offerNow(request)).toBe("accepted");
    expect(await seat.offerNow(request)).toBe("accepted");
    const { stdout } = await resultOf(attempt);
    expect(await seat.offerNow(request)).toBe("accepted");
    expect(stdout).toBe("once\n");
    expect(attempt.events.filter(({ type }) => type === "started")).toHaveLength(1);
  });

  it("cancels a running attempt when it is asked to", async () => {
    const attempt = worker().open();
    const source = "import time\nprint('up', flush=True)\ntime.sleep(30)";
    await send(executor(), makeRequest(attempt, source));
    await expect
      .poll(() => attempt.events.some(({ type }) => type === "log"), { timeout: 10_000 })
      .toBe(true);
    executor().seat.cancel(attempt.id);
    const { stdout, finished } = await resultOf(attempt);
    expect(stdout).toBe("up\n");
    expect(finished).toMatchObject({ reason: "cancelled", exitCode: null, outputs: [] });
  });

  it("cancels when the answer to a report says so", async () => {
    const attempt = worker().open();
    const source = "import time\nprint('up', flush=True)\ntime.sleep(30)";
    attempt.cancel = true;
    await send(executor(), makeRequest(attempt, source));
    const { finished } = await resultOf(attempt);
    expect(finished.reason).toBe("cancelled");
  });

  it("signs its result with the key that its health names", async () => {
    const { finished } = await runJob(executor(), worker(), "print('hello')");
    const health = executorHealth.parse(await (await fetch(`${executor().url}/health`)).json());
    const { signature } = finished;
    expect(signature?.workerId).toBe(health.workerId);
    expect(signature?.signedPayload.startsWith(`${"ab".repeat(32)}|0|`)).toBe(true);
    expect(signature && verifies(signature.workerId, signature.signature, signature.signedPayload)).toBe(
      true,
    );
  });

  it("refuses an offer whose environment it does not have", async () => {
    const request = makeRequest(worker().open(), "print(1)", { environment: "no-such-thing" });
    expect(await executor().seat.offerNow(request)).toBe("environment");
  });
};

/** What every executor keeps to, whatever runs behind it: its API and its reports. */
export const describeExecutorProtocol = (reach: Reach): void => {
  describe("the API", () => describeAccess(reach));
  describe("a service of a neighbouring version", () => describeNeighbours(reach));
  describe("the reports", () => describeReports(reach));
};
