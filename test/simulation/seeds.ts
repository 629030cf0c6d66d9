/** `npm run simulate -- --seeds N` asks for as many; `npm test` spends about half a minute on these. */
const SEEDS = Number(process.env.SIMULATED_SEEDS ?? 3_000);
const SEED = process.env.SIMULATION_SEED;

/** How many histories one of the simulations drives, as its share of all, and the seed that repeats a run. */
export const seedsOf = (share: number): { readonly numRuns: number; readonly seed: { seed?: number } } => ({
  numRuns: Math.max(1, Math.round(SEEDS * share)),
  seed: SEED === undefined ? {} : { seed: Number(SEED) },
});
