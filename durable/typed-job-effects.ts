import type { OwedEnd, TypedJobStorage } from "../src/adapters/typed-job-storage.ts";
import type { TypedJobDeps } from "../src/deps/types.ts";
import { announcementOf } from "../src/domain/typed-jobs/announcement.ts";
import type { TypedJob } from "../src/domain/typed-jobs/job.ts";
import * as lifecycle from "../src/domain/typed-jobs/lifecycle.ts";
import { queueMessage } from "../src/domain/typed-jobs/message.ts";
import { fittingRowOf, rowOf, type TypedJobRow } from "../src/domain/typed-jobs/row.ts";
import { Unavailable } from "../src/domain/typed-jobs/unavailable.ts";

/**
 * What a typed job's changes owe the outside: its queue message, its D1 row, and word to its receivers.
 * Each may be done again, so a new instance takes nothing for done.
 */
export class TypedJobEffects {
  readonly #deps: () => TypedJobDeps;
  readonly #storage: TypedJobStorage;
  #projectedVersion = 0;
  /** Made when a change is checked, and kept for its projection: a large one takes time to compress. */
  #row: TypedJobRow | null = null;
  #projecting: Promise<boolean> | null = null;
  #sending: Promise<boolean> | null = null;

  constructor(deps: () => TypedJobDeps, storage: TypedJobStorage) {
    this.#deps = deps;
    this.#storage = storage;
  }

  /** Whether the job fits into a row. */
  takesRow(job: TypedJob): boolean {
    this.#row = fittingRowOf(job);
    return this.#row !== null;
  }

  /** Sends the job's message if that is still owed; false when the queue refused it. */
  send(): Promise<boolean> {
    this.#sending ??= this.#sendOwed().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Writes the row until it shows at least this version; false when D1 refused. */
  async project(version: number): Promise<boolean> {
    while (this.#projectedVersion < version) {
      this.#projecting ??= this.#writeRow().finally(() => {
        this.#projecting = null;
      });
      if (!(await this.#projecting)) return false;
    }
    return true;
  }

  /** Writes the row again, whatever was written before; false when D1 refused. */
  projectAgain(version: number): Promise<boolean> {
    this.#projectedVersion = 0;
    return this.project(version);
  }

  /** Keeps the event of an end that the job is about to leave, where its receivers have not been told. */
  oweEndOf(job: TypedJob | null): void {
    const end = job === null || job.revision <= this.#storage.announced() ? null : this.#endOf(job);
    if (job !== null && end !== null) this.#storage.oweEnd(job.revision, end);
  }

  /** Hands each end over to its receivers' deliveries, once; false when that failed. */
  async announce(): Promise<boolean> {
    for (const [key, end] of this.#storage.owedEnds()) {
      if (!(await this.#isHandedOver(end))) return false;
      this.#storage.dropOwedEnd(key);
    }
    const job = this.#storage.job();
    const end = job === null || job.revision <= this.#storage.announced() ? null : this.#endOf(job);
    if (job === null || end === null) return true;
    if (!(await this.#isHandedOver(end))) return false;
    if (this.#storage.job() !== null) this.#storage.noteAnnounced(job.revision);
    return true;
  }

  /** How the job has ended, for its receivers; null where there is nothing to tell or nobody to be told. */
  #endOf(job: TypedJob): OwedEnd | null {
    const event = announcementOf(job, this.#deps().zone);
    return event === null ? null : { webhooks: job.webhooks, event };
  }

  async #isHandedOver({ webhooks, event }: OwedEnd): Promise<boolean> {
    const deps = this.#deps();
    try {
      await deps.webhooks().announce(webhooks, event);
      return true;
    } catch (error) {
      deps.tally("effects_failed", "typed_job");
      deps.log.error("typed_job.announce_failed", error);
      return false;
    }
  }

  /** Removes the row, none being written any more; a job that comes later under the id starts afresh. */
  async removeRow({ id, registeredAtMs }: TypedJob): Promise<void> {
    await this.#projecting;
    await this.#deps().rows.remove({ jobId: id, registeredAtMs });
    this.#projectedVersion = 0;
    this.#row = null;
  }

  async #sendOwed(): Promise<boolean> {
    const job = this.#storage.job();
    if (job === null || job.queueDue === null) return true;
    const isSent = await this.#isSent(job.queueDue, queueMessage(job));
    // A worker may have written to the job meanwhile, or its client removed it, so it is read again.
    const now = this.#storage.job();
    if (now === null || this.#storage.isRemoving) return true;
    const after = isSent ? lifecycle.sent : lifecycle.sendFailed;
    this.#storage.write(after(now, this.#deps().now()));
    return isSent;
  }

  async #isSent(queue: string, message: string): Promise<boolean> {
    const deps = this.#deps();
    try {
      await deps.queue(queue).send(message);
      return true;
    } catch (error) {
      deps.tally("effects_failed", "typed_job");
      deps.log.error("typed_job.send_failed", error, { queue });
      return false;
    }
  }

  /** Wakes the workers that wait; one that is not reached looks again when its wait is over. */
  #ring(): void {
    const { objects, log } = this.#deps();
    objects
      .work()
      .ring()
      .catch((error) => log.warn("typed_job.ring_failed", error));
  }

  async #writeRow(): Promise<boolean> {
    const job = this.#storage.job();
    if (job === null || this.#storage.isRemoving) return false;
    const deps = this.#deps();
    try {
      await deps.rows.upsert(this.#row?.version === job.version ? this.#row : rowOf(job));
      this.#projectedVersion = job.version;
      if (job.status === "queued") this.#ring();
      return true;
    } catch (error) {
      deps.tally("effects_failed", "typed_job");
      deps.log.error("typed_job.row_failed", error instanceof Unavailable ? error.cause : error);
      return false;
    }
  }
}
