import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { type AttemptTools, createAttempt } from "../../executor/attempt.ts";
import type { Sandbox } from "../../executor/sandbox/sandbox.ts";
import { makeRequest } from "./support/jobs.ts";

const attempt = { id: `${"ab".repeat(32)}.${"0".repeat(32)}`, token: "x".repeat(43) };

it("kills the sandbox that it took when its limit cannot be set, and leaves nothing running", async () => {
  let killed = 0;
  const sandbox: Sandbox = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    orders: new PassThrough(),
    archive: new PassThrough(),
    input: new PassThrough(),
    proceed: () => undefined,
    onRecord: () => undefined,
    onForged: () => undefined,
    onEnd: () => undefined,
    limitMemory: () => {
      throw Object.assign(new Error("no such group"), { code: "EINVAL" });
    },
    usage: () => ({ cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 }),
    lastUsage: () => ({ cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 }),
    signalProgram: () => undefined,
    kill: () => {
      killed += 1;
    },
    ended: Promise.resolve(null),
    closed: Promise.resolve(),
  };
  const logged: string[] = [];
  const tools = {
    supply: { take: () => Promise.resolve(sandbox) },
    environments: {
      find: () => ({ info: { name: "default" }, layer: null, variables: {} }),
      countUse: () => undefined,
    },
    storageOrigins: [],
    joinUrl: "http://127.0.0.1:9",
    identity: { workerId: `${"A".repeat(43)}=`, sign: () => `${"A".repeat(86)}==` },
    isolation: 1,
    accounting: "cgroup-v1",
    log: (event: string, fields: object) => logged.push(`${event} ${JSON.stringify(fields)}`),
  } as unknown as AttemptTools;
  const request = makeRequest(attempt as never, "print(1)");
  let isSlotFree = false;
  const held = createAttempt(request, tools);
  // Its result is for a service that is not there.
  void held.run(() => {
    isSlotFree = true;
  });
  await expect.poll(() => killed).toBe(1);
  expect(logged.join()).toContain("attempt_failed");
  expect(isSlotFree).toBe(false);
  held.stop({ reason: "cancelled", exitCode: null, signal: null, message: null });
});
