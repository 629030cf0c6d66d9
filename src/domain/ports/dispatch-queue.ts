import type { PoolEntry } from "../pool/types.ts";

/** The queues that jobs come in by; what they carry is nothing secret. */
export type DispatchQueue = {
  /** A program, on its way to the pool. */
  sendProgram(entry: PoolEntry): Promise<void>;
  /** A function holds its consumer for as long as it runs, so functions have a queue of their own. */
  sendFunction(objectId: string): Promise<void>;
};
