import type { Deps } from "../../deps/types.ts";
import type { PoolSummary } from "../../domain/pool/summary.ts";

type Shown = Pick<PoolSummary, "workerId" | "status" | "isolation" | "accounting">;

/** What is shown of the pool's executors; a pool that does not answer shows as none, with its cause logged. */
export const executorsShown = async ({ pool, log }: Pick<Deps, "pool" | "log">): Promise<Shown> => {
  try {
    return await pool.summary();
  } catch (error) {
    log.warn("pool.unreachable", error);
    return { workerId: null, status: "none", isolation: null, accounting: null };
  }
};
