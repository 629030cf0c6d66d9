import { Chance } from "./chance.ts";
import { VirtualClock } from "./virtual-clock.ts";

const START_MS = 1_800_000_000_000;

/** What lies between two parts of a service: calls that take a while, and that a seed lets fail. */
export class Unreliable {
  readonly clock = new VirtualClock(START_MS);
  readonly chance: Chance;
  isFaulty = true;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  /** A call of a store that is slow at times: what it does may be overtaken. */
  async slowCall<R>(work: () => R | Promise<R>): Promise<R> {
    const { chance, clock } = this;
    if (this.isFaulty && chance.is(0.1)) await clock.sleep(chance.below(30_000));
    return this.call(work);
  }

  /** A call between two parts: it takes a while, and may fail before or after it did its work. */
  async call<R>(work: () => R | Promise<R>): Promise<R> {
    const { chance, clock } = this;
    await clock.sleep(this.isFaulty && chance.is(0.02) ? chance.below(5_000) : chance.below(10));
    if (this.isFaulty && chance.is(0.03)) throw new Error("the call never arrived");
    const answer = await work();
    await clock.sleep(chance.below(10));
    if (this.isFaulty && chance.is(0.03)) throw new Error("the answer got lost");
    return structuredClone(answer);
  }
}
