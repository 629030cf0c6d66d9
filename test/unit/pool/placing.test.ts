import { describe, expect, it } from "vitest";
import { createGrudges, EXCLUDED_MS, PATIENCE_MS } from "../../../src/domain/pool/grudges.ts";
import { nextPlacing } from "../../../src/domain/pool/placing.ts";
import type { PoolEntry, PoolExecutor } from "../../../src/domain/pool/types.ts";
import { createWaitingList } from "../../../src/domain/pool/waiting-list.ts";
import { anEntry, anExecutor, NOW } from "./fixtures.ts";

const world = (entries: readonly PoolEntry[], executors: readonly PoolExecutor[]) => {
  const waiting = createWaitingList();
  for (const entry of entries) waiting.add(entry);
  const grudges = createGrudges();
  let current = [...executors];
  const place = (now = NOW) => {
    const placing = nextPlacing(waiting, { executors: current, grudges, now });
    if (placing === null) return null;
    waiting.remove(placing.entry.objectId);
    waiting.served(placing.entry.turn);
    current = current.map((one) =>
      one.instance === placing.executor.instance
        ? { ...one, held: one.held + 1, heldMemoryMb: one.heldMemoryMb + placing.entry.memoryMb }
        : one,
    );
    return placing;
  };
  const change = (instance: string, next: Partial<PoolExecutor>): void => {
    current = current.map((one) => (one.instance === instance ? { ...one, ...next } : one));
  };
  return { waiting, grudges, place, change };
};

const host = (instance: string, change: Partial<PoolExecutor> = {}) => anExecutor({ instance, ...change });

describe("an executor is chosen", () => {
  it("among hosts before containers, the least loaded host and the fullest container", () => {
    const entry = anEntry();
    const chosen = (...executors: PoolExecutor[]) => world([entry], executors).place()?.executor.instance;
    expect(chosen(host("c", { kind: "container" }), host("h"))).toBe("h");
    expect(chosen(host("busy", { held: 2 }), host("idle"))).toBe("idle");
    expect(chosen(host("idle", { kind: "container" }), host("busy", { kind: "container", held: 2 }))).toBe(
      "busy",
    );
    expect(chosen(host("large", { held: 4, slots: 16 }), host("small", { held: 2, slots: 4 }))).toBe("large");
  });

  it.each([
    ["is full", { held: 4 }],
    ["lacks the memory", { heldMemoryMb: 3_500 }],
    ["lacks the environment", { environments: ["other"] }],
    ["leaves", { state: "leaving" }],
    ["was put out of use", { state: "drained" }],
    ["is too old", { protocol: 0 }],
  ] as const)("never one that %s", (_why, change) => {
    expect(world([anEntry()], [host("a", change as Partial<PoolExecutor>)]).place()).toBeNull();
  });

  it("only where the language is there", () => {
    const entry = anEntry({ language: "cpp" });
    expect(world([entry], [host("a")]).place()).toBeNull();
    expect(world([entry], [host("a", { languages: ["c", "cpp"] })]).place()).not.toBeNull();
  });

  it("other than the one that the last attempt died with, where there is another", () => {
    const entry = anEntry({ avoid: "a" });
    expect(world([entry], [host("a"), host("b", { held: 3 })]).place()?.executor.instance).toBe("b");
    expect(world([entry], [host("a")]).place()?.executor.instance).toBe("a");
  });

  it("that holds nothing, for a job that is to run alone, and nothing is put beside it", () => {
    const alone = anEntry({ alone: true, turn: "x" });
    expect(world([alone], [host("a", { held: 1 })]).place()).toBeNull();
    expect(world([alone], [host("a")]).place()?.entry).toEqual(alone);
  });

  it("not again for a minute after it refused", () => {
    const entry = anEntry();
    const { grudges, place } = world([entry], [host("a")]);
    grudges.refused(entry.objectId, "a", EXCLUDED_MS, true, NOW);
    expect(place(NOW + EXCLUDED_MS - 1)).toBeNull();
    expect(grudges.nextChangeMs(NOW)).toBe(NOW + EXCLUDED_MS);
    expect(place(NOW + EXCLUDED_MS)).not.toBeNull();
  });
});

describe("the order", () => {
  it("is by age for one client, whatever came first", () => {
    const [old, young] = [anEntry({ createdAtMs: NOW - 5 }), anEntry({ createdAtMs: NOW })];
    const { place } = world([young, old], [host("a")]);
    expect([place()?.entry, place()?.entry]).toEqual([old, young]);
  });

  it("gives another client its turn within two placings, behind 500 of one", () => {
    const many = Array.from({ length: 500 }, (_none, at) =>
      anEntry({ turn: "many", createdAtMs: NOW - 500 + at }),
    );
    const { waiting, place } = world(many, [host("a", { slots: 1_000, memoryMb: 1e6 })]);
    place();
    const one = anEntry({ turn: "one" });
    waiting.add(one);
    expect([place()?.entry.turn, place()?.entry.turn]).toContain("one");
  });

  it("keeps a job's older place when it asks again", () => {
    const [first, second] = [anEntry({ createdAtMs: NOW - 9 }), anEntry({ createdAtMs: NOW - 5 })];
    const { waiting, place } = world([first, second], [host("a")]);
    waiting.add({ ...first, createdAtMs: NOW });
    expect(place()?.entry.objectId).toBe(first.objectId);
    expect(waiting.size).toBe(1);
  });

  it("lets a younger one pass an older one of its client that no executor could take now", () => {
    const [large, small] = [anEntry({ createdAtMs: NOW - 5, memoryMb: 3_900 }), anEntry()];
    const { place } = world([large, small], [host("a", { heldMemoryMb: 1_000, held: 1 })]);
    expect(place()?.entry).toEqual(small);
  });

  it("keeps an executor for a job that lacked memory for 30 s, until it fits", () => {
    const large = anEntry({ createdAtMs: NOW - 5, memoryMb: 3_900, turn: "large" });
    const { waiting, place, change } = world([large], [host("a", { held: 2, heldMemoryMb: 1_200 })]);
    expect(place()).toBeNull();
    waiting.add(anEntry({ turn: "small" }));
    expect(place(NOW + PATIENCE_MS - 1)?.entry.turn).toBe("small");
    waiting.add(anEntry({ turn: "small" }));
    expect(place(NOW + PATIENCE_MS)).toBeNull();
    change("a", { held: 0, heldMemoryMb: 0 });
    expect(place(NOW + PATIENCE_MS)?.entry).toEqual(large);
    expect(place(NOW + PATIENCE_MS)).toBeNull();
  });
});

describe("memory", () => {
  it("is never oversold", () => {
    const entries = Array.from({ length: 50 }, (_none, at) => anEntry({ memoryMb: 100 * (1 + (at % 9)) }));
    const { place } = world(entries, [host("a", { slots: 64, memoryMb: 4_000 })]);
    let totalMb = 0;
    for (let next = place(); next !== null; next = place()) totalMb += next.entry.memoryMb;
    expect(totalMb).toBeGreaterThan(3_000);
    expect(totalMb).toBeLessThanOrEqual(4_000);
  });
});

describe("10,000 waiting jobs", () => {
  it("are placed in their order in well under a second", () => {
    const entries = Array.from({ length: 10_000 }, (_none, at) =>
      anEntry({ turn: `client ${at % 100}`, createdAtMs: NOW + at }),
    );
    const { place } = world(entries, [host("a", { slots: 20_000, memoryMb: 1e9 })]);
    const startedMs = performance.now();
    const last = new Map<string, number>();
    for (let count = 0; count < 10_000; count += 1) {
      const entry = place()?.entry;
      if (entry === undefined) throw new Error("one was forgotten");
      expect(entry.createdAtMs > (last.get(entry.turn) ?? 0)).toBe(true);
      last.set(entry.turn, entry.createdAtMs);
    }
    expect(place()).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
