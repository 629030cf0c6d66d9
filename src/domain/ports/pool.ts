import type { EnvironmentInfo } from "../../wire/attempt.ts";
import type { LanguageInfo } from "../../wire/judging.ts";
import type { PoolSummary } from "../pool/summary.ts";
import type { PoolEntry } from "../pool/types.ts";
import type { PoolView } from "../pool/view.ts";

/** `accepted`: an executor has it; `stored`: it waits where a reset forgets nothing; `gone`: it needs no place. */
export type PlaceOutcome = "accepted" | "stored" | "gone";

/** What executors can run: jobs name an environment or a language. */
export type Capabilities = {
  readonly environments: readonly EnvironmentInfo[];
  readonly languages: readonly LanguageInfo[];
};

/** The pool in which queued programs and executors meet, seen from outside. */
export type Pool = {
  /** Hands jobs over, one outcome each, in order; jobs that it has keep their place. */
  place(entries: readonly PoolEntry[]): Promise<readonly PlaceOutcome[]>;
  /** Forgets a job, and tells whoever may hold it to kill it; `holder` where the job knows it. */
  withdraw(objectId: string, holder: { attemptId: string; instance: string } | null): Promise<void>;
  /** The job's place, 1 for the next; it is told of changes from then on. Null where it does not wait. */
  watch(objectId: string): Promise<number | null>;
  /** A report that the executor's key did not sign. */
  badSignature(instance: string): Promise<void>;
  /** As it was at most a few seconds ago. */
  summary(): Promise<PoolSummary>;
  /** What jobs may name: what executors have, or had when the last one was here, or what the image is built with. */
  capabilities(): Promise<Capabilities>;
  /** Passes on the upgrade of an executor whose identity was checked. */
  join(request: Request, executor: JoiningExecutor): Promise<Response>;
  view(): Promise<PoolView>;
  /** Tells an executor to finish and go; false when none of that instance is there. */
  drain(instance: string): Promise<boolean>;
  /** Lets a quarantined executor take jobs again; false when none of that instance is there. */
  release(instance: string): Promise<boolean>;
};

/** Who asks to join, as far as its headers prove it. */
export type JoiningExecutor = {
  readonly instance: string;
  readonly key: string;
  /** The owner's name for the key; null where none was given. */
  readonly name: string | null;
  readonly startToken: string | null;
};
