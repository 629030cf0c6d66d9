import type { PoolEntry, PoolExecutor } from "../../../src/domain/pool/types.ts";

export const NOW = 1_800_000_000_000;

let count = 0;
/** An id of a job's object that no other entry has. */
export const nextId = (): string => {
  count += 1;
  return count.toString(16).padStart(64, "0");
};

export const anEntry = (change: Partial<PoolEntry> = {}): PoolEntry => ({
  objectId: nextId(),
  turn: "client",
  createdAtMs: NOW,
  memoryMb: 600,
  environment: "default",
  language: null,
  protocol: 1,
  avoid: null,
  alone: false,
  ...change,
});

export const anExecutor = (change: Partial<PoolExecutor> = {}): PoolExecutor => ({
  instance: "a".repeat(32),
  key: `${"A".repeat(43)}=`,
  name: "one",
  kind: "host",
  version: "1.0.0",
  protocol: 1,
  isolation: 1,
  accounting: "cgroup-v2",
  environments: ["default"],
  languages: [],
  slots: 4,
  memoryMb: 4_000,
  joinedAtMs: NOW,
  state: "joined",
  held: 0,
  heldMemoryMb: 0,
  ...change,
});
