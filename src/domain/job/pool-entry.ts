import type { PoolEntry } from "../pool/types.ts";
import { limitsWith, protocolOf } from "./attempt-request.ts";
import type { JobRecord } from "./record.ts";

const MIB = 1_048_576;
/** After so many lost attempts the next one runs on an executor that holds nothing else. */
const ALONE_AFTER_LOST = 2;

/** Memory that a program's executor counts for it: its own, its workspace's, and its inputs'. */
const memoryMbOf = (task: Extract<JobRecord["task"], { kind: "program" }>): number => {
  const { memoryBytes, workspaceBytes } = limitsWith(task);
  return Math.ceil((memoryBytes + workspaceBytes) / MIB);
};

/** What the pool is told of a job that waits; null for one that does not wait for an executor. */
export const poolEntryOf = (objectId: string, record: JobRecord, turn: string): PoolEntry | null => {
  const { task } = record;
  if (record.state !== "queued" || task.kind !== "program") return null;
  return {
    objectId,
    turn,
    createdAtMs: record.createdAtMs,
    memoryMb: memoryMbOf(task),
    environment: task.program.environment,
    language: task.language?.id ?? null,
    protocol: protocolOf(task),
    avoid: record.lostWith ?? null,
    alone: (record.attemptsLost ?? 0) >= ALONE_AFTER_LOST,
    ...(record.trace === undefined ? {} : { trace: record.trace }),
  };
};
