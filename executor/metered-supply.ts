import type { Sandbox } from "./sandbox/sandbox.ts";
import type { SandboxSupply } from "./sandbox/supply.ts";

/** A supply that knows what the sandboxes used which were taken from it. */
export interface MeteredSupply {
  readonly supply: SandboxSupply;
  /** CPU time of all of them, as the newest look at each found it. */
  cpuSeconds(): number;
}

/** Meters one attempt's sandboxes; each is let go of when it has ended. */
export const meterSupply = (supply: SandboxSupply): MeteredSupply => {
  const living = new Set<Sandbox>();
  let endedUs = 0;
  const meter = (sandbox: Sandbox): Sandbox => {
    living.add(sandbox);
    void sandbox.ended.then(() => {
      living.delete(sandbox);
      endedUs += sandbox.lastUsage().cpuUs;
    });
    return sandbox;
  };
  return {
    supply: {
      ...supply,
      take: async (shape) => meter(await supply.take(shape)),
      reserve: (shape, count) => {
        const reservation = supply.reserve(shape, count);
        return { ...reservation, take: async () => meter(await reservation.take()) };
      },
    },
    cpuSeconds: () => [...living].reduce((sum, { lastUsage }) => sum + lastUsage().cpuUs, endedUs) / 1e6,
  };
};
