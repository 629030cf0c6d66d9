import type { FacesWorld, StoredTyped } from "./faces-world.ts";

const TERMINAL = new Set(["completed", "error", "cancelled"]);
const FINAL = new Set(["delivered", "failed", "disabled"]);
const text = new TextDecoder();

type Say = (what: string) => void;

const stored = (world: FacesWorld, id: string, name: string): string | null => {
  const bytes = world.typed.get(id)?.data.get(name) as Uint8Array | undefined;
  return bytes === undefined ? null : text.decode(bytes);
};

/** What workers and the queue had to do with a job. */
const checkWork = (world: FacesWorld, { id, status, revision }: StoredTyped, say: Say): void => {
  if ((world.claims.get(id) ?? 0) > 1 + revision) say("was taken by several workers");
  const result = stored(world, id, "response");
  const told = world.completed.get(id);
  if (told !== undefined && result !== told) say("lost the result that was accepted");
  if (status === "completed" && !result?.includes(`"${id}"`)) say("has the result of another job");
  const { key } = JSON.parse(stored(world, id, "request") ?? "{}") as { key?: number };
  const notes = JSON.stringify(world.typed.get(id)?.data.get("notes"));
  const wasRefused = notes.includes("the queue did not take the job");
  if (Number(key) % 2 === 0 && !world.sent.has(id) && !wasRefused) say("was never sent to its queue");
};

const checkTyped = (world: FacesWorld, id: string, say: Say): void => {
  const job = world.typedOf(id);
  if (job === undefined) {
    if (world.answered.has(id) && !world.removed.has(id)) say("was answered and is gone");
    return;
  }
  if (!TERMINAL.has(job.status)) say(`never ended: ${job.status}`);
  const row = world.rows.get(id);
  if (row?.status !== job.status || row.version !== job.version) say("has a row that differs");
  // A job that was removed may have been made anew under its key.
  if (!world.removed.has(id)) checkWork(world, job, say);
  for (let revision = 1; revision <= job.revision; revision += 1) {
    const name = [...world.deliveries.keys()].find((one) => {
      const [of, , , , , number] = JSON.parse(one) as unknown[];
      return of === id && number === revision;
    });
    if (name === undefined) say(`had end ${revision}, of which nobody was told`);
  }
};

/** What must hold once nothing goes wrong any more and all had time, in words. */
export const typedViolations = (world: FacesWorld): string[] => {
  const wrong: string[] = [];
  for (const id of world.typed.keys()) checkTyped(world, id, (what) => wrong.push(`${id} ${what}`));
  for (const id of world.rows.keys()) if (world.typedOf(id) === undefined) wrong.push(`${id} left a row`);
  const madeOf = new Map<string, string>();
  for (const [id, of] of world.made) {
    const key = of.split(" ")[0] ?? "";
    if (madeOf.has(key)) wrong.push(`${key} made ${madeOf.get(key)} and ${id}`);
    madeOf.set(key, id);
  }
  return wrong;
};

/** What must hold of deliveries once their schedule is over. */
export const deliveryViolations = (world: FacesWorld): string[] =>
  [...world.deliveries].flatMap(([name, host]) => {
    const delivery = host.data.get("delivery") as { state: string } | undefined;
    if (delivery === undefined) return [];
    const [id, , , , , revision] = JSON.parse(name) as unknown[];
    if (!FINAL.has(delivery.state)) return [`${name} is ${delivery.state} to this day`];
    const row = [...world.deliveryRows.values()].find((one) => one.id === `msg_${host.id}`);
    if (row?.state !== delivery.state) return [`${name} has a row that differs`];
    const isArrived = world.arrived.has(`${String(id)} ${String(revision)}`);
    return delivery.state === "delivered" && !isArrived ? [`${name} says that it arrived`] : [];
  });

/** What is left of anything when everything's time is over. */
export const leftovers = (world: FacesWorld): string[] => [
  ...[...world.typed, ...world.deliveries, ...world.keys].flatMap(([name, host]) =>
    host.data.size === 0 ? [] : [`${name} left ${[...host.data.keys()].join()}`],
  ),
  ...[...world.rows.keys(), ...world.deliveryRows.keys()].map((id) => `${id} left a row`),
];
