import { describe, expect, it } from "vitest";
import { executorClient, fetchFromContainers } from "../../src/adapters/executor-client.ts";
import { executorError } from "../../src/wire/attempt.ts";
import { testEnv } from "./support/env.ts";

const namespace = testEnv.EXECUTOR_CONTAINER;

describe("the executor container", () => {
  it("says clearly that this deployment has none", async () => {
    if (namespace === undefined) throw new Error("the binding is missing");
    const response = await namespace.get(namespace.idFromName("executor-0")).fetch("http://executor/health");
    expect(response.status).toBe(503);
    expect(executorError.parse(await response.json()).error.message).toContain("no executor container");
  });

  it("is unreachable behind the port, so that a job is given back and not failed", async () => {
    if (namespace === undefined) throw new Error("the binding is missing");
    const executor = executorClient(fetchFromContainers(namespace, 4), "executor-token-of-the-tests");
    expect(await executor.health()).toBeNull();
    expect(await executor.environments()).toBeNull();
    expect(await executor.cancel(`${"a".repeat(64)}.${"b".repeat(32)}`)).toBe(false);
  });

  it("is chosen by the job's object, so that a job's attempts meet the same instance", async () => {
    const asked: string[] = [];
    const recording = {
      idFromName: (name: string) => name,
      get: (name: string) => ({
        fetch: () => {
          asked.push(name);
          return Promise.resolve(new Response("{}", { status: 404 }));
        },
      }),
    } as unknown as DurableObjectNamespace;
    const executor = executorClient(fetchFromContainers(recording, 4), "token");
    const attemptOf = (object: string, attempt: string): string =>
      `${object.repeat(8)}.${attempt.repeat(32)}`;
    await executor.cancel(attemptOf("0000000f", "a"));
    await executor.cancel(attemptOf("0000000f", "b"));
    await executor.cancel(attemptOf("00000002", "c"));
    expect(asked).toEqual(["executor-3", "executor-3", "executor-2"]);
  });
});
