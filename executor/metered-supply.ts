import type { Sandbox } from "./sandbox/sandbox.ts";
import type { SandboxSupply } from "./sandbox/supply.ts";

/** A supply that knows what the sandboxes used which were taken from it. */
export interface MeteredSupply {
  readonly supply: SandboxSupply;
  /** CPU time of all of them, and the most memory that one took, as the newest look at each found it. */
  usage(): { readonly cpuSeconds: number; readonly memoryPeakBytes: number };
}

/** Meters one attempt's sandboxes; each is let go of when it has ended. */
export const meterSupply = (supply: SandboxSupply): MeteredSupply => {
  const living = new Set<Sandbox>();
  let endedUs = 0;
  let endedPeakBytes = 0;
  const meter = (sandbox: Sandbox): Sandbox => {
    living.add(sandbox);
    void sandbox.ended.then(() => {
      living.delete(sandbox);
      const { cpuUs, memoryPeakBytes } = sandbox.lastUsage();
      endedUs += cpuUs;
      endedPeakBytes = Math.max(endedPeakBytes, memoryPeakBytes);
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
    usage: () => {
      const used = [...living].map(({ lastUsage }) => lastUsage());
      return {
        cpuSeconds: used.reduce((sum, { cpuUs }) => sum + cpuUs, endedUs) / 1e6,
        memoryPeakBytes: Math.max(endedPeakBytes, ...used.map(({ memoryPeakBytes }) => memoryPeakBytes)),
      };
    },
  };
};
