/** `npm test` drives the same histories each time; `npm run simulate -- --seeds N` others, as many as are asked for. */
const TESTED = { seeds: "3000", seed: "14" };
const SEEDS = Number(process.env.SIMULATED_SEEDS ?? TESTED.seeds);
const SEED =
  process.env.SIMULATION_SEED ?? (process.env.SIMULATED_SEEDS === undefined ? TESTED.seed : undefined);

/** How many histories one of the simulations drives, as its share of all, and the seed that repeats a run. */
export const seedsOf = (share: number): { readonly numRuns: number; readonly seed: { seed?: number } } => ({
  numRuns: Math.max(1, Math.round(SEEDS * share)),
  seed: SEED === undefined ? {} : { seed: Number(SEED) },
});
