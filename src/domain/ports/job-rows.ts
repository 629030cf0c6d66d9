import type { Face, JobState } from "../job/state.ts";

/** The D1 projection of a job; `publicId` is null where the id is a secret. */
export type JobRow = {
  readonly objectId: string;
  readonly publicId: string | null;
  readonly face: Face;
  readonly state: JobState;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs: number | null;
  /** Null, or for a workload "", where no key made the job. */
  readonly owner: string | null;
  /** Null where the run came by the service's own face, has no language, or was not judged. */
  readonly door: string | null;
  readonly language: string | null;
  readonly verdict: string | null;
  /** What the owner's list of runs shows, as JSON; null where the job stands in none. */
  readonly summary: string | null;
  /** What workloads are searched by; null for the other faces. */
  readonly workload: {
    readonly path: string;
    /** JSON */
    readonly params: string;
    readonly filesDeletedAtMs: number | null;
  } | null;
};

type NamedCount = { readonly name: string; readonly count: number };

export type DoorCounts = {
  readonly total: number;
  readonly today: number;
  readonly languages: readonly NamedCount[];
  readonly verdicts: readonly NamedCount[];
};

export type JobRows = {
  /** Stores the row unless a newer version is there. */
  upsert(row: JobRow): Promise<void>;
  remove(objectId: string): Promise<void>;
  /** Which of these object ids have a row. */
  known(objectIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Tables, and columns as `table.column`, that the database lacks; rejects where it does not answer. */
  missing(): Promise<readonly string[]>;
  /** Rows of a door, all of them and those since an instant, by language and by verdict. */
  doorCounts(door: string, sinceMs: number): Promise<DoorCounts>;
  /**
   * Object ids of unfinished jobs that were created before then, oldest first; of those that still wait for
   * an upload, the ones that were created before `waitingCreatedAtMs`.
   */
  unfinishedBefore(createdAtMs: number, waitingCreatedAtMs: number, limit: number): Promise<string[]>;
  /**
   * Object ids of jobs whose retention is over: runs that ended before `runsFinishedAtMs`, workload jobs of before
   * `filesCreatedAtMs` whose files are not deleted, and those of before `rowsCreatedAtMs`. No index holds them: it
   * would cost each job a row. So many rows are looked through behind `startId`, and as many from the first on.
   */
  finishedBefore(
    bounds: {
      readonly runsFinishedAtMs: number;
      readonly filesCreatedAtMs: number;
      readonly rowsCreatedAtMs: number;
    },
    window: { readonly startId: string; readonly limit: number },
  ): Promise<string[]>;
};
