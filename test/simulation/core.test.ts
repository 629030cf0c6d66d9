import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { heldByTheDead, violations } from "./invariants.ts";
import { seedsOf } from "./seeds.ts";
import { installPlatform, type Step, World } from "./world.ts";

const { numRuns, seed: givenSeed } = seedsOf(2 / 3);

/** Two leases, and the minute that an alarm may be late. */
const LEASES_OVER_MS = 150_000;

const index = fc.nat({ max: 100 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("submit" as const), client: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), which: index }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("start executor" as const),
      slots: fc.integer({ min: 1, max: 4 }),
      lies: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("kill" as const, "leave" as const), which: index }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("suspend" as const), which: index }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("reset pool" as const, "reset jobs" as const) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 5_000 }), fc.nat({ max: 120_000 })),
    }),
  },
);

let takeBack: () => void = () => undefined;
beforeAll(() => {
  takeBack = installPlatform();
});
afterAll(() => takeBack());

const simulate = async (seed: number, steps: readonly Step[]): Promise<string[]> => {
  const world = new World(seed);
  const random = Math.random;
  const uninstall = world.clock.install();
  Math.random = () => world.chance.next();
  try {
    for (const one of steps) await world.take(one);
    await world.clock.pass(60_000);
    world.calm();
    await world.clock.pass(LEASES_OVER_MS);
    const wrong = [...world.wrong, ...heldByTheDead(world)];
    await world.clock.pass(3 * 3_600_000);
    world.sweep();
    wrong.push(...violations(world, await world.pool.instance.view()));
    await world.clock.pass(11 * 3_600_000);
    world.sweep();
    for (const [objectId, host] of world.jobs) {
      if (host.data.size > 0)
        wrong.push(`job ${Number.parseInt(objectId, 16)} left ${[...host.data.keys()].join()}`);
    }
    if (world.rows.size > 0) wrong.push(`${world.rows.size} rows are left`);
    return wrong;
  } finally {
    Math.random = random;
    uninstall();
  }
};

it(
  "ends every job once, with one result, whatever fails on the way",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(step, { minLength: 10, maxLength: 60 }), async (seed, steps) => {
        expect(await simulate(seed, steps)).toEqual([]);
      }),
      { numRuns, ...givenSeed, endOnFailure: false },
    );
  },
  30 * 60_000,
);
