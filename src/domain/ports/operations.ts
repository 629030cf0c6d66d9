import type { Block } from "../access/block.ts";
import type { Count } from "./tally.ts";

/** What the operator has shut; at most 30 seconds old. */
export type Gates = {
  readonly blocks: readonly Block[];
  /** Why nothing new is taken; null where it is. */
  readonly maintenance: string | null;
};

/** A job of any face in the operator's list. `ref` names it there, and tells nothing of an anonymous run's id. */
export type OperatorJob = {
  readonly ref: string;
  readonly face: "runs" | "workloads" | "jobs";
  readonly state: string;
  readonly owner: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number | null;
  readonly finishedAtMs: number | null;
};

export type JobSelection = {
  readonly face: OperatorJob["face"] | null;
  readonly state: string | null;
  readonly owner: string | null;
  readonly createdBeforeMs: number | null;
  /** Behind this job, newest first. */
  readonly after: Pick<OperatorJob, "createdAtMs" | "ref"> | null;
  readonly limit: number;
};

/** What has not ended, face by face: at most 1,000 of each face, or status of typed jobs. */
export type Unfinished = {
  readonly face: string;
  readonly state: string;
  readonly count: number;
  readonly oldestCreatedAtMs: number;
};

export type AuditEntry = {
  readonly atMs: number;
  readonly id: string;
  readonly action: string;
  readonly token: string;
  readonly status: number;
  readonly count: number;
};

/** What the operator's face keeps and reads in the database. */
export type Operations = {
  gates(): Promise<Gates>;
  addBlock(block: Block): Promise<void>;
  /** False where there is none. */
  removeBlock(id: string): Promise<boolean>;
  setMaintenance(message: string | null): Promise<void>;
  jobs(selection: JobSelection): Promise<readonly OperatorJob[]>;
  /** Removes the row of a job that is gone, where one is left. */
  removeRow(ref: string): Promise<void>;
  unfinished(): Promise<readonly Unfinished[]>;
  /** What was counted since the deployment was made. */
  counts(): Promise<readonly Count[]>;
  audit(entry: AuditEntry): Promise<void>;
};
