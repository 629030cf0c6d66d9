import { schemaOf } from "../stored.ts";
import type { ContainerView } from "./view.ts";

/** A container that failed to start is left alone for so long, twice as long after each further time. */
const FIRST_BACKOFF_MS = 10_000;
const MOST_BACKOFF_MS = 10 * 60_000;
/** A start from which nothing came for so long has failed. */
export const START_MS = 5 * 60_000;

/** What the pool remembers of one container of the deployment's own. */
export type ContainerRecord = ContainerView & {
  /** Starts in a row from which no executor joined. */
  readonly failures: number;
  /** SHA-256 of the token that its executor joins with, as hex; null while none is to join. */
  readonly startTokenHash: string | null;
};

export const containerSchema = schemaOf<ContainerRecord>("what is known of a container");

const backoffMs = (failures: number): number =>
  Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, failures - 1));

export const stoppedContainer = (name: string): ContainerRecord => ({
  name,
  state: "stopped",
  reason: null,
  sinceMs: 0,
  failures: 0,
  startTokenHash: null,
});

/** When a container may be started; null while it is starting or runs. */
export const startableAtMs = (container: ContainerRecord, now: number): number | null => {
  if (container.state === "stopped") return now;
  if (container.state === "failed") return container.sinceMs + backoffMs(container.failures);
  if (container.state === "starting") return container.sinceMs + START_MS;
  return null;
};

/** The container to start next, the first of those that may be; null for none. */
export const nextToStart = (containers: readonly ContainerRecord[], now: number): ContainerRecord | null => {
  // One at a time: what the next one is for may be done by the one that is on its way.
  if (containers.some(({ state, sinceMs }) => state === "starting" && now - sinceMs < START_MS)) return null;
  return (
    containers.find((container) => (startableAtMs(container, now) ?? Number.POSITIVE_INFINITY) <= now) ?? null
  );
};

export const starting = (
  container: ContainerRecord,
  startTokenHash: string,
  now: number,
): ContainerRecord => ({ ...container, state: "starting", sinceMs: now, startTokenHash });

/** Its executor has joined. */
export const running = (container: ContainerRecord, now: number): ContainerRecord =>
  container.state === "running"
    ? container
    : { ...container, state: "running", reason: null, sinceMs: now, failures: 0 };

/** It ended: in order if its executor had joined before, else as a failed start. */
export const ended = (container: ContainerRecord, reason: string, now: number): ContainerRecord => {
  const base = { ...container, reason, sinceMs: now, startTokenHash: null };
  if (container.state === "running") return { ...base, state: "stopped" };
  return { ...base, state: "failed", failures: container.failures + 1 };
};
