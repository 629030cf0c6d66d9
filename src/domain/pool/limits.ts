/** What the pool takes at most. */
export type PoolLimits = {
  /** Jobs that may wait; more are not admitted. */
  readonly maxWaiting: number;
  /** What the largest executor has: a job that needs more is refused. */
  readonly maxMemoryMb: number;
};
