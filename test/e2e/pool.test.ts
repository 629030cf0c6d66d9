import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { createClient } from "../../src/client/index.ts";
import { newAddress } from "./support/client.ts";
import { type Executor, type ExecutorHome, makeHome, startExecutor } from "./support/executors.ts";
import { type Server, startServer } from "./support/server.ts";

const SLOTS = 2;

let server: Server;
const homes: ExecutorHome[] = [];
const executors: Executor[] = [];

const start = async (home: ExecutorHome): Promise<Executor> => {
  const executor = await startExecutor(home, server.url, SLOTS);
  executors.push(executor);
  return executor;
};

const clientOf = (headers: Record<string, string> = {}) =>
  createClient({ baseUrl: server.url, headers: { "CF-Connecting-IP": newAddress(), ...headers } });

type Sent = { readonly client: ReturnType<typeof clientOf>; readonly id: string; readonly mark: string };

/** Each job is submitted in a trace of its own, whose id ends with the number of its mark. */
const traceIdOf = (mark: string): string => mark.replace(/\D/g, "").padStart(32, "a");

const submit = async (seconds: number, mark: string): Promise<Sent> => {
  const client = clientOf({ traceparent: `00-${traceIdOf(mark)}-00f067aa0ba902b7-01` });
  const code = `echo ${mark} begins; sleep ${seconds}; echo ${mark} ends`;
  const { job_id: id } = await client.submit({ code, interpreter: "bash" });
  return { client, id, mark };
};

const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000) => {
  const untilMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`there was never ${what}`);
    await delay(50);
  }
};

beforeAll(async () => {
  for (let at = 0; at < 4; at += 1) homes.push(await makeHome());
  const trusted = homes.slice(0, 3).map(({ workerId }, at) => `host-${at}=${workerId}`);
  server = await startServer({ vars: { TRUSTED_EXECUTORS: trusted.join(",") } });
}, 120_000);

afterAll(async () => {
  for (const executor of executors) await executor.kill();
  await server.stop();
  for (const home of homes) await home.remove();
}, 60_000);

describe("three executors on one machine", () => {
  test("share the work; one is killed, one is suspended for a minute, one leaves: every job ends once, with one result", async () => {
    const [killed, suspended, leaving] = await Promise.all(homes.slice(0, 3).map(start));
    if (killed === undefined || suspended === undefined || leaving === undefined) throw new Error("too few");
    const jobs = await Promise.all(Array.from({ length: 14 }, (_none, at) => submit(8, `job-${at}`)));
    await until("work for all of them", () =>
      [killed, suspended, leaving].every((executor) => executor.taken() >= SLOTS),
    );
    // What was only taken is offered again without a word; what was claimed is an attempt.
    const slots = Math.min(jobs.length, 2 * availableParallelism() + 3 * SLOTS);
    await until("as many running as there are slots", async () => {
      const states = await Promise.all(jobs.map(({ client, id }) => client.status(id)));
      return states.filter(({ status }) => status === "running").length >= slots;
    });
    killed.child.kill("SIGKILL");
    suspended.child.kill("SIGSTOP");
    leaving.child.kill("SIGTERM");
    const left = once(leaving.child, "exit");
    const resumed = delay(60_000).then(() => suspended.child.kill("SIGCONT"));

    // Its programs run on to their end, and it goes by itself.
    expect((await left)[0]).toBe(0);
    const statuses = await Promise.all(
      jobs.map(async ({ client, id, mark }) => {
        const status = await client.wait(id, { signal: AbortSignal.timeout(120_000) });
        return { status, mark, log: await client.text(id) };
      }),
    );
    await resumed;
    for (const { status, mark, log } of statuses) {
      expect([mark, status.status, log]).toEqual([mark, "completed", `${mark} begins\n${mark} ends\n`]);
    }
    const logs = executors.flatMap(({ log }) => log).filter((line) => line.includes("attempt_accepted"));
    const logged = logs.map((line) => (JSON.parse(line) as { traceId: string }).traceId);
    const traces = jobs.map(({ mark }) => traceIdOf(mark));
    expect(logged.filter((id) => !traces.includes(id))).toEqual([]);
    expect(new Set(logged).size).toBeGreaterThanOrEqual(3 * SLOTS);
    const attempts = statuses.map(({ status }) => status.attempts);
    expect(attempts.filter((count) => count === 2).length).toBeGreaterThanOrEqual(2 * SLOTS - 1);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(3);
    const by = (executor: Executor) =>
      statuses.filter(({ status }) => status.worker_metadata.worker_id === executor.workerId);
    expect(by(killed)).toEqual([]);
    expect(by(leaving).length).toBeGreaterThanOrEqual(SLOTS);
    expect(by(leaving).every(({ status }) => status.attempts === 1)).toBe(true);
    // What it ran when it was suspended has another result by now, and its own is not taken.
    await until(
      "its own view of it",
      () => suspended.log.filter((line) => line.includes('"stored":false')).length >= SLOTS,
    );
  }, 150_000);
});

/** A process that joins by a key that is trusted, and signs with one of its own. */
const FORGER = `
import { loadIdentity } from "./executor/identity.ts";
import { tryToJoin } from "./executor/pool/try-to-join.ts";
const [joinUrl, workerId, ownKey] = process.argv.slice(1);
const { sign } = loadIdentity(ownKey);
console.log(JSON.stringify(await tryToJoin({ joinUrl, identity: { workerId, sign }, startToken: null })));
`;

describe("an executor that forges", () => {
  test("the key of another one is refused", async () => {
    const [trusted, , , own] = homes;
    if (trusted === undefined || own === undefined) throw new Error("there is no home");
    const key = `${own.folder}/executor-key.pem`;
    const args = ["--input-type=module-typescript", "-e", FORGER, server.url, trusted.workerId, key];
    const forged = spawnSync(process.execPath, args, { encoding: "utf8", cwd: root, timeout: 20_000 });
    const said = JSON.parse(forged.stdout) as { joined: boolean; reason: string };
    expect(said.joined).toBe(false);
    expect(said.reason).toContain("signature");
  });
});

describe("an executor whose key is not trusted", () => {
  test("is told so, and what to do", async () => {
    const [home] = homes.slice(3);
    if (home === undefined) throw new Error("there is no home");
    const probe = spawnSync(
      process.execPath,
      [
        "executor/main.ts",
        "--probe",
        "--join",
        server.url,
        "--worker-key",
        `${home.folder}/executor-key.pem`,
      ],
      { encoding: "utf8", env: { PATH: process.env.PATH ?? "", TMPDIR: home.folder } },
    );
    expect(probe.status).toBe(1);
    const { pool } = JSON.parse(probe.stdout) as { pool: { joined: boolean; reason: string } };
    expect(pool.joined).toBe(false);
    expect(pool.reason).toContain(home.workerId);
    expect(pool.reason).toContain("TRUSTED_EXECUTORS");
  });
});
