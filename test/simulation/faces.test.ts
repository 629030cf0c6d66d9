import fc from "fast-check";
import { expect, it } from "vitest";
import { deliveryViolations, leftovers, typedViolations } from "./faces-invariants.ts";
import { type FaceStep, FacesWorld, RETENTION_MS } from "./faces-world.ts";
import { seedsOf } from "./seeds.ts";

const HOUR_MS = 3_600_000;
/** The schedule of a delivery, and how long a delivery and a key are kept. */
const DELIVERED_BY_MS = 110 * HOUR_MS;
const FORGOTTEN_BY_MS = 16 * 24 * HOUR_MS;
const { numRuns, seed } = seedsOf(1 / 3);

const index = fc.nat({ max: 100 });
const key = fc.nat({ max: 7 });
const isOther = fc.nat({ max: 9 }).map((one) => one === 0);
const step: fc.Arbitrary<FaceStep> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("typed" as const, "run" as const), key, isOther }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("worker" as const), isFaithful: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("write" as const), which: index, isGuarded: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), which: index }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("reset" as const, "kill Workers" as const) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 5_000 }), fc.nat({ max: 120_000 })),
    }),
  },
);

const simulate = async (worldSeed: number, steps: readonly FaceStep[]): Promise<string[]> => {
  const world = new FacesWorld(worldSeed);
  const random = Math.random;
  const uninstall = world.clock.install();
  Math.random = () => world.chance.next();
  try {
    for (const one of steps) await world.take(one);
    await world.clock.pass(10 * 60_000);
    world.isFaulty = false;
    await world.clock.pass(20 * 60_000);
    for (let rounds = 0; rounds < 2; rounds += 1) {
      void world.work(true);
      await world.clock.pass(20 * 60_000);
    }
    world.sweep();
    const wrong = [...world.wrong, ...typedViolations(world)];
    await world.clock.pass(DELIVERED_BY_MS);
    wrong.push(...deliveryViolations(world));
    await world.clock.pass(FORGOTTEN_BY_MS - DELIVERED_BY_MS + RETENTION_MS);
    world.sweep();
    return [...wrong, ...leftovers(world)];
  } finally {
    Math.random = random;
    uninstall();
  }
};

it(
  "makes one job under each key, gives it to one worker, and tells of each end, whatever fails on the way",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(step, { minLength: 10, maxLength: 50 }),
        async (worldSeed, steps) => {
          expect(await simulate(worldSeed, steps)).toEqual([]);
        },
      ),
      { numRuns, ...seed, endOnFailure: false },
    );
  },
  30 * 60_000,
);
