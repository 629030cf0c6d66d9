import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGrudges, EXCLUDED_MS } from "../../../src/domain/pool/grudges.ts";
import { nextPlacing } from "../../../src/domain/pool/placing.ts";
import { hasRoom, isCapable } from "../../../src/domain/pool/room.ts";
import type { PoolEntry, PoolExecutor } from "../../../src/domain/pool/types.ts";
import { createWaitingList } from "../../../src/domain/pool/waiting-list.ts";
import { anEntry, anExecutor, NOW } from "./fixtures.ts";

type Step =
  | { kind: "submit"; client: number; memoryMb: number; environment: string }
  | { kind: "finish"; which: number }
  | { kind: "refuse" }
  | { kind: "leave"; which: number }
  | { kind: "drain"; which: number }
  | { kind: "join"; slots: number; memoryMb: number; environments: string[]; kindOf: "host" | "container" }
  | { kind: "withdraw"; which: number }
  | { kind: "ask again"; which: number }
  | { kind: "pass"; ms: number };

const environments = ["default", "ml"];
const index = fc.nat({ max: 1_000 });
const joins = fc.record({
  kind: fc.constant("join" as const),
  slots: fc.integer({ min: 1, max: 5 }),
  memoryMb: fc.integer({ min: 600, max: 4_000 }),
  environments: fc.constantFrom(["default"], environments),
  kindOf: fc.constantFrom("host" as const, "container" as const),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      client: fc.nat({ max: 3 }),
      memoryMb: fc.integer({ min: 1, max: 3_000 }),
      environment: fc.constantFrom("default", "default", "ml"),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("finish" as const), which: index }) },
  { weight: 1, arbitrary: fc.constant({ kind: "refuse" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drain" as const), which: index }) },
  { weight: 2, arbitrary: joins },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask again" as const), which: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat({ max: 40_000 }) }) },
);

/** The pool's rules driven step by step, beside a plain account of what must hold. */
class World {
  readonly waiting = createWaitingList();
  readonly grudges = createGrudges();
  readonly executors = new Map<string, PoolExecutor>();
  readonly held: { entry: PoolEntry; instance: string; memoryMb: number }[] = [];
  readonly known = new Map<string, PoolEntry>();
  /** Job and executor pairs that may not meet before an instant. */
  readonly excluded = new Map<string, number>();
  now = NOW;
  refuseNext = false;
  #joined = 0;

  take(one: Step): void {
    if (one.kind === "submit") {
      this.now += 1;
      const entry = anEntry({ ...one, turn: `client ${one.client}`, createdAtMs: this.now });
      this.known.set(entry.objectId, entry);
      this.waiting.add(entry);
    } else if (one.kind === "finish") this.finish(one.which);
    else if (one.kind === "refuse") this.refuseNext = true;
    else if (one.kind === "join") this.join(one);
    else if (one.kind === "pass") this.now += one.ms;
    else if (one.kind === "withdraw") this.withdraw(one.which);
    else if (one.kind === "ask again") this.askAgain(one.which);
    else this.change(one.which, one.kind === "leave" ? "leaving" : "drained");
    this.pump();
  }

  join(one: Pick<Extract<Step, { kind: "join" }>, "slots" | "memoryMb" | "environments" | "kindOf">): void {
    this.#joined += 1;
    const instance = `executor ${this.#joined}`;
    const { slots, memoryMb, kindOf: kind } = one;
    const joining = { instance, slots, memoryMb, kind, environments: one.environments, joinedAtMs: this.now };
    this.executors.set(instance, anExecutor(joining));
  }

  finish(which: number): void {
    const [ended] = this.held.splice(which % Math.max(1, this.held.length), 1);
    if (ended === undefined) return;
    this.known.delete(ended.entry.objectId);
    this.room(ended.instance, -1, -ended.memoryMb);
  }

  withdraw(which: number): void {
    const waiting = [...this.waiting.inOrder()];
    const entry = waiting[which % Math.max(1, waiting.length)];
    if (entry === undefined) return;
    this.waiting.remove(entry.objectId);
    this.known.delete(entry.objectId);
  }

  askAgain(which: number): void {
    const waiting = [...this.waiting.inOrder()];
    const entry = waiting[which % Math.max(1, waiting.length)];
    if (entry !== undefined) this.waiting.add({ ...entry, createdAtMs: this.now });
  }

  change(which: number, state: PoolExecutor["state"]): void {
    const executor = [...this.executors.values()][which % Math.max(1, this.executors.size)];
    if (executor !== undefined) this.executors.set(executor.instance, { ...executor, state });
  }

  room(instance: string, attempts: number, memoryMb: number): void {
    const executor = this.executors.get(instance);
    if (executor === undefined) throw new Error("no such executor");
    const { held, heldMemoryMb } = executor;
    this.executors.set(instance, {
      ...executor,
      held: held + attempts,
      heldMemoryMb: heldMemoryMb + memoryMb,
    });
  }

  pump(): void {
    for (;;) {
      const executors = [...this.executors.values()];
      const placing = nextPlacing(this.waiting, { executors, grudges: this.grudges, now: this.now });
      if (placing === null) return;
      this.check(placing.entry, placing.executor);
      this.waiting.remove(placing.entry.objectId);
      this.waiting.served(placing.entry.turn);
      if (this.refuseNext) {
        this.refuseNext = false;
        const { objectId } = placing.entry;
        this.grudges.refused(objectId, placing.executor.instance, EXCLUDED_MS, true, this.now);
        this.excluded.set(`${objectId} ${placing.executor.instance}`, this.now + EXCLUDED_MS);
        this.waiting.add(placing.entry);
        continue;
      }
      this.grudges.forget(placing.entry.objectId);
      this.held.push({
        entry: placing.entry,
        instance: placing.executor.instance,
        memoryMb: placing.entry.memoryMb,
      });
      this.room(placing.executor.instance, 1, placing.entry.memoryMb);
    }
  }

  /** What must hold for every placing, by a reading of the rules of its own. */
  check(entry: PoolEntry, executor: PoolExecutor): void {
    expect(executor.state).toBe("joined");
    expect(executor.environments).toContain(entry.environment);
    expect(executor.held).toBeLessThan(executor.slots);
    expect(executor.heldMemoryMb + entry.memoryMb).toBeLessThanOrEqual(executor.memoryMb);
    expect(this.held.some(({ entry: other }) => other.objectId === entry.objectId)).toBe(false);
    expect(this.excluded.get(`${entry.objectId} ${executor.instance}`) ?? 0).toBeLessThanOrEqual(this.now);
    for (const older of this.waiting.inOrder()) {
      if (older.turn !== entry.turn || older.createdAtMs >= entry.createdAtMs) continue;
      const isBarred = (this.excluded.get(`${older.objectId} ${executor.instance}`) ?? 0) > this.now;
      expect(isBarred || !isCapable(older, executor) || !hasRoom(older, executor)).toBe(true);
    }
  }
}

const SEEDS = 600;

describe("the pool's rules under a seeded scheduler", () => {
  it("place no job twice, forget none, keep each client's order, and never oversell", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const world = new World();
        for (const one of steps) world.take(one);
        const placed = world.held.map(({ entry }) => entry.objectId);
        const waiting = [...world.waiting.inOrder()].map(({ objectId }) => objectId);
        expect([...placed, ...waiting].toSorted()).toEqual([...world.known.keys()].toSorted());
        // With an executor that can take anything, nothing is left.
        world.now += EXCLUDED_MS;
        world.refuseNext = false;
        world.join({ slots: 1_000, memoryMb: 1e9, environments, kindOf: "host" });
        world.pump();
        expect(world.waiting.size).toBe(0);
      }),
      { numRuns: SEEDS },
    );
  });
});
