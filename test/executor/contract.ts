import { createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { attemptAccepted, environmentList, executorError, executorHealth } from "../../src/wire/attempt.ts";
import type { ExecutorAddress } from "./support/executor-process.ts";
import type { FakeWorker } from "./support/fake-worker.ts";
import { call, makeRequest, resultOf, runJob } from "./support/jobs.ts";

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

  it.each([
    ["POST", "/attempts"],
    ["DELETE", `/attempts/${"0".repeat(64)}.${"0".repeat(32)}`],
    ["GET", "/environments"],
  ])("wants a bearer token for %s %s", async (method, path) => {
    const { url, token } = executor();
    for (const authorization of [undefined, "Bearer wrong", `Basic ${token}`, `Bearer ${token}x`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await fetch(`${url}${path}`, { method, headers });
      expect(response.status).toBe(401);
      expect(executorError.parse(await response.json()).error.code).toBe("unauthorized");
    }
  });

  it("lists its environments, of which default is always one", async () => {
    const response = await call(executor(), "GET", "/environments");
    const { environments } = environmentList.parse(await response.json());
    expect(environments.map(({ name }) => name)).toContain("default");
  });

  it("names the fields of a request that it cannot read", async () => {
    const request = makeRequest(worker(), worker().open(), "print(1)");
    const wrong = { ...request, limits: { ...request.limits, timeoutMs: -1 }, jobHash: "zz" };
    const response = await call(executor(), "POST", "/attempts", wrong);
    expect(response.status).toBe(400);
    const { error } = executorError.parse(await response.json());
    expect(error.code).toBe("invalid");
    expect(error.message).toContain("limits.timeoutMs");
    expect(error.message).toContain("jobHash");
  });

  it("refuses a body that is no JSON, and one that is too large", async () => {
    const { url, token } = executor();
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const garbage = await fetch(`${url}/attempts`, { method: "POST", headers, body: "{" });
    expect(garbage.status).toBe(400);
    const huge = await fetch(`${url}/attempts`, { method: "POST", headers, body: "x".repeat(16_000_000) });
    expect(huge.status).toBe(413);
  });

  it("does not know an attempt that it was never given", async () => {
    const response = await call(executor(), "DELETE", `/attempts/${worker().open().id}`);
    expect(response.status).toBe(404);
    expect(executorError.parse(await response.json()).error.code).toBe("not_found");
  });
};

const describeReports = ({ executor, worker }: Reach): void => {
  it("accepts an attempt and reports started, logs and one result, numbered without gaps", async () => {
    const attempt = worker().open();
    const request = makeRequest(worker(), attempt, "print('hello')");
    const response = await call(executor(), "POST", "/attempts", request);
    expect(response.status).toBe(202);
    attemptAccepted.parse(await response.json());
    const { stdout, finished } = await resultOf(attempt);
    expect(stdout).toBe("hello\n");
    expect(finished).toMatchObject({ reason: "exit", exitCode: 0, signal: null, message: null });
    const types = attempt.events.map(({ type }) => type);
    expect(types[0]).toBe("started");
    expect(types.filter((type) => type === "finished")).toEqual(["finished"]);
    expect(attempt.events.map(({ n }) => n)).toEqual(attempt.events.map((_, index) => index + 1));
  });

  it("runs an attempt that is sent twice once", async () => {
    const attempt = worker().open();
    const request = makeRequest(worker(), attempt, "print('once')");
    const first = call(executor(), "POST", "/attempts", request);
    const second = call(executor(), "POST", "/attempts", request);
    expect([(await first).status, (await second).status]).toEqual([202, 202]);
    const { stdout } = await resultOf(attempt);
    const late = await call(executor(), "POST", "/attempts", request);
    expect(late.status).toBe(202);
    expect(stdout).toBe("once\n");
    expect(attempt.events.filter(({ type }) => type === "started")).toHaveLength(1);
  });

  it("cancels a running attempt when it is asked to", async () => {
    const attempt = worker().open();
    const source = "import time\nprint('up', flush=True)\ntime.sleep(30)";
    await call(executor(), "POST", "/attempts", makeRequest(worker(), attempt, source));
    await expect
      .poll(() => attempt.events.some(({ type }) => type === "log"), { timeout: 10_000 })
      .toBe(true);
    const response = await call(executor(), "DELETE", `/attempts/${attempt.id}`);
    expect(response.status).toBe(202);
    const { stdout, finished } = await resultOf(attempt);
    expect(stdout).toBe("up\n");
    expect(finished).toMatchObject({ reason: "cancelled", exitCode: null, outputs: [] });
  });

  it("cancels when the answer to a report says so", async () => {
    const attempt = worker().open();
    const source = "import time\nprint('up', flush=True)\ntime.sleep(30)";
    attempt.cancel = true;
    await call(executor(), "POST", "/attempts", makeRequest(worker(), attempt, source));
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

  it("reports an environment that it does not have as its own fault", async () => {
    const { finished } = await runJob(executor(), worker(), "print(1)", { environment: "no-such-thing" });
    expect(finished).toMatchObject({ reason: "infrastructure", exitCode: null, cpuSeconds: 0 });
    expect(finished.message).not.toBeNull();
  });
};

/** What every executor keeps to, whatever runs behind it: its API and its reports. */
export const describeExecutorProtocol = (reach: Reach): void => {
  describe("the API", () => describeAccess(reach));
  describe("the reports", () => describeReports(reach));
};
