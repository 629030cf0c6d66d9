import { schemaOf } from "../stored.ts";

/** What the pool knows of a job that waits for an executor; nothing in it is secret. */
export type PoolEntry = {
  /** Id of the job's object. */
  readonly objectId: string;
  /** Whose turn it is: a keyed hash of the job's owner or address. */
  readonly turn: string;
  readonly createdAtMs: number;
  /** Memory, workspace and inputs together. */
  readonly memoryMb: number;
  readonly environment: string;
  /** Name of a language whose toolchain must be there; null for the plain interpreters. */
  readonly language: string | null;
  /** The oldest protocol of executors that can run it. */
  readonly protocol: number;
  /** An executor that the job's last attempt died with: another one is asked where there is one. */
  readonly avoid: string | null;
  /** Whether it runs on an executor that holds nothing else. */
  readonly alone: boolean;
  /** The trace that the job was made in, as the header `traceparent` says it. */
  readonly trace?: string;
};

export const poolEntrySchema = schemaOf<PoolEntry>("a job that waits in the pool");

export type ExecutorKind = "host" | "container";
export type ExecutorState = "joined" | "leaving" | "drained";

/** A joined executor as placing sees it. */
export type PoolExecutor = {
  readonly instance: string;
  /** Standard base64 of its public key. */
  readonly key: string;
  readonly name: string;
  readonly kind: ExecutorKind;
  readonly version: string;
  readonly protocol: number;
  readonly isolation: number;
  readonly accounting: string;
  readonly environments: readonly string[];
  readonly languages: readonly string[];
  readonly slots: number;
  readonly memoryMb: number;
  readonly joinedAtMs: number;
  readonly state: ExecutorState;
  /** Attempts that are offered to it or held by it, and the memory counted for them. */
  readonly held: number;
  readonly heldMemoryMb: number;
};
