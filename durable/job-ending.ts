import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { endJob, withoutRun } from "../src/domain/job/endings.ts";
import { cancel, filesDeleted } from "../src/domain/job/lifecycle.ts";
import type { JobRecord } from "../src/domain/job/record.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { JobChanges } from "./job-changes.ts";
import type { JobEffects } from "./job-effects.ts";
import type { LogSockets } from "./log-sockets.ts";
import type { UploadWatch } from "./upload-watch.ts";
import type { Waiters } from "./waiters.ts";

const CANCEL_WAIT_MS = 2_000;

type Parts = {
  readonly storage: JobStorage;
  readonly sockets: LogSockets;
  readonly effects: JobEffects;
  readonly changes: JobChanges;
  readonly uploads: UploadWatch;
  readonly waiters: Waiters;
};

/** How a job is stopped, loses its files, and is deleted with all that it owns. */
export class JobEnding {
  readonly #deps: JobDeps;
  readonly #parts: Parts;
  #isGoing = false;

  constructor(deps: JobDeps, parts: Parts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  /** It is being deleted: nobody is shown it any more. */
  get isGoing(): boolean {
    return this.#isGoing;
  }

  /** Asks the job to stop, and waits a little for its program to be dead. */
  async cancel(before: JobRecord): Promise<void> {
    const { effects, changes, waiters } = this.#parts;
    const after = cancel(before, this.#deps.now());
    const { attempt, task } = after;
    // A function learns of it with its next heartbeat; no executor knows of it.
    const isHeld = attempt !== null && task.kind === "program";
    const tell = async (): Promise<void> => {
      if (isHeld) await effects.withdraw(attempt);
    };
    const ended = isHeld ? waiters.wait(CANCEL_WAIT_MS) : Promise.resolve();
    await (after === before ? tell() : changes.commit(after, { tell }));
    await ended;
  }

  /**
   * Deletes the job and all that it owns; one that has not ended is cancelled first, for what it used to be
   * charged. Noted first: what fails, or what a reset breaks off, is gone on with by the alarm.
   */
  async remove(): Promise<void> {
    const { storage, effects } = this.#parts;
    storage.noteRemoving();
    await effects.schedule();
    try {
      await this.goOn();
    } catch (error) {
      await effects.retryLater();
      throw error;
    }
  }

  /** Does what is left of the deletion. */
  async goOn(): Promise<void> {
    const { storage, effects, sockets, uploads, waiters } = this.#parts;
    const before = storage.record();
    if (before === null) return;
    // From here on nobody sees it, however long its end takes.
    this.#isGoing = true;
    sockets.closeAll();
    await this.#endNow(before);
    const record = storage.record();
    if (record === null) return;
    await effects.chargeQuota(record);
    await effects.announce(record);
    if (record.usesBucket) await effects.removeFiles();
    await effects.removeRow();
    await storage.clear();
    this.#isGoing = false;
    effects.forget();
    uploads.forget();
    waiters.release();
  }

  /** The end of the retention for a job whose record stays. */
  async deleteFiles(record: JobRecord): Promise<void> {
    const { storage, effects, changes } = this.#parts;
    await effects.removeFiles();
    storage.dropLog();
    await changes.commit(filesDeleted(record, this.#deps.now()));
  }

  /** Ends what has not ended: in order where its executor answers soon, else without it. */
  async #endNow(before: JobRecord): Promise<void> {
    await this.cancel(before);
    const record = this.#parts.storage.record();
    if (record === null || isTerminal(record.state)) return;
    const ended = endJob(
      { ...record, cancelRequested: true },
      withoutRun("cancelled", null),
      this.#deps.now(),
    );
    await this.#parts.changes.commit(ended);
  }
}
