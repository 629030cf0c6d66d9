import { chargedCpuSeconds } from "../../src/domain/job/endings.ts";
import type { JobRecord, JobSnapshot } from "../../src/domain/job/record.ts";
import { isTerminal } from "../../src/domain/job/state.ts";
import type { PoolView } from "../../src/domain/pool/view.ts";
import type { World } from "./world.ts";

/** A waiting job asks again within ten minutes, so that by then it has been found by an executor that is free. */
const FOUND_AGAIN_MS = 15 * 60_000;

type Say = (what: string) => void;

/** A job that is gone, rightly or not, and what it left. */
const checkGone = (world: World, objectId: string, say: Say): void => {
  const stored = [...(world.jobs.get(objectId)?.data.keys() ?? [])];
  if (world.created.has(objectId) && !world.removed.has(objectId)) say("was answered and is gone");
  if (stored.length > 0) say(`is gone and left ${stored.join()}`);
  if (world.rows.has(objectId)) say("is gone and has a row");
};

/** A result is that of one attempt, whole, and signed by who made it. */
const checkResult = (world: World, objectId: string, { result }: JobSnapshot, say: Say): void => {
  if (result === null) say("ended without a result");
  if (result?.reason !== "exit") return;
  const ran = world.ran.get(result.attemptId ?? "");
  if (ran === undefined) {
    say("has a result of nobody");
    return;
  }
  const text = world.jobs.get(objectId)?.instance.logTail(1_000_000);
  if (ran.exitCode !== result.exitCode) say("has the exit code of another attempt");
  if (result.signature?.workerId !== ran.key) say("has a result that another key signed");
  if (text !== ran.printed) say(`shows ${JSON.stringify(text)}, printed was ${JSON.stringify(ran.printed)}`);
};

const checkEnded = (world: World, objectId: string, job: JobSnapshot, say: Say): void => {
  const row = world.rows.get(objectId);
  if (row?.state !== job.state || row.version !== job.version) say("has a row that differs");
  const announcements = world.announced.get(objectId)?.size ?? 0;
  if (announcements !== 1) say(`was announced ${announcements} times`);
  checkResult(world, objectId, job, say);
  const isLate = (job.finishedAtMs ?? 0) > world.calmAtMs + FOUND_AGAIN_MS;
  if (isLate && job.result?.message?.startsWith("no executor was free")) say("was forgotten by the pool");
};

const checkQuotas = (world: World, used: ReadonlyMap<string, number>, say: Say): void => {
  for (const [client, { slots, charged }] of world.quotas) {
    const held = [...slots.values()].filter((untilMs) => untilMs > world.clock.now).length;
    if (held > 0) say(`${client} still holds ${held} slots`);
    if (charged < (used.get(client) ?? 0)) say(`${client} was charged less than its jobs used`);
  }
};

const checkPool = (world: World, pool: PoolView, say: Say): void => {
  const waiting = [...world.pool.data.keys()].filter((key) => key.startsWith("wait/")).length;
  if (waiting > 0) say(`${waiting} jobs wait in the pool for nothing`);
  for (const { instance, held } of pool.executors) {
    const really = world.executors.find((one) => one.instance === instance)?.held.size ?? 0;
    if (held !== really) say(`the pool counts ${held} where ${really} are held`);
  }
};

/** Jobs whose executor has been gone for longer than any lease, and which are still its own. */
export const heldByTheDead = (world: World): string[] => {
  const alive = new Set(world.executors.filter(({ isAlive }) => isAlive).map(({ instance }) => instance));
  return [...world.jobs].flatMap(([objectId, host]) => {
    const { attempt } = (host.data.get("job") ?? {}) as { attempt?: JobRecord["attempt"] };
    const instance = attempt?.holder?.instance;
    if (instance === undefined || alive.has(instance)) return [];
    return [`job ${Number.parseInt(objectId, 16)} is held by an executor that is dead`];
  });
};

/** Everything that does not hold when all is over, in words; empty when all is well. */
export const violations = (world: World, pool: PoolView): string[] => {
  const wrong: string[] = [];
  const used = new Map<string, number>();
  for (const [objectId, host] of world.jobs) {
    const say: Say = (what) => wrong.push(`job ${Number.parseInt(objectId, 16)} ${what}`);
    const job = host.instance.forDownload();
    if (job === null) checkGone(world, objectId, say);
    else if (!isTerminal(job.state)) say(`never ended: ${job.state}`);
    else {
      checkEnded(world, objectId, job, say);
      const client = job.clientKey ?? "";
      used.set(client, (used.get(client) ?? 0) + chargedCpuSeconds(job as unknown as JobRecord));
    }
  }
  const say: Say = (what) => wrong.push(what);
  checkQuotas(world, used, say);
  checkPool(world, pool, say);
  return wrong;
};
