import type { ExecutorKind, ExecutorState } from "./types.ts";

/** An executor as the operator sees it. */
export type ExecutorView = {
  readonly name: string;
  readonly key: string;
  readonly instance: string;
  readonly kind: ExecutorKind;
  readonly version: string;
  readonly isolation: number;
  readonly environments: readonly string[];
  readonly languages: readonly string[];
  readonly slots: number;
  readonly memoryMb: number;
  readonly held: number;
  readonly heldMemoryMb: number;
  readonly joinedAtMs: number;
  readonly state: ExecutorState;
  readonly released: number;
  readonly refused: number;
  readonly lost: number;
};

/** A container of the deployment's own, by its place. */
export type ContainerView = {
  readonly name: string;
  readonly state: "starting" | "running" | "failed" | "stopped";
  readonly reason: string | null;
  readonly sinceMs: number;
};

/** The pool as the operator sees it. */
export type PoolView = {
  readonly executors: readonly ExecutorView[];
  readonly containers: readonly ContainerView[];
  readonly waiting: number;
  readonly oldestCreatedAtMs: number | null;
};
