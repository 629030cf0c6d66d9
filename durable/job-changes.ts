import type { JobStorage } from "../src/adapters/job-storage.ts";
import { isAskDue, isHoldDue } from "../src/domain/job/deadlines.ts";
import { isToBeDispatched, isToBeWithdrawn, tick } from "../src/domain/job/lifecycle.ts";
import { type JobRecord, snapshotOf } from "../src/domain/job/record.ts";
import { isTerminal } from "../src/domain/job/state.ts";
import type { JobEffects } from "./job-effects.ts";
import type { JobPosition } from "./job-position.ts";
import type { LogSockets } from "./log-sockets.ts";
import type { Waiters } from "./waiters.ts";

type Parts = {
  readonly storage: JobStorage;
  readonly effects: JobEffects;
  readonly sockets: LogSockets;
  readonly waiters: Waiters;
  readonly position: JobPosition;
};

/** The way of every change: into storage, to those who watch or wait, and on to what follows from it. */
export class JobChanges {
  readonly #storage: JobStorage;
  readonly #effects: JobEffects;
  readonly #sockets: LogSockets;
  readonly #waiters: Waiters;
  readonly #position: JobPosition;

  constructor({ storage, effects, sockets, waiters, position }: Parts) {
    this.#storage = storage;
    this.#effects = effects;
    this.#sockets = sockets;
    this.#waiters = waiters;
    this.#position = position;
  }

  /** Carries out what follows from a new job; the alarm is set first, to do it should this fail. */
  async begin(record: JobRecord): Promise<void> {
    this.#effects.stepped(record);
    await this.#effects.schedule();
    const effects = record.face === "runs" ? [] : this.#effects.start(record);
    if (record.state === "queued") effects.push(this.#effects.dispatch(record));
    await this.#effects.carryOut(record, effects);
    // Nobody lists a stranger's runs: one that ends within the second is written once, as it ended.
    if (record.face === "runs") {
      const isListed = record.owner !== null && record.door === undefined;
      this.#effects.projectSoon(() => this.#storage.record(), isListed ? 0 : undefined);
    }
  }

  /**
   * Stores a change, tells the watchers, and carries out what follows from it. What the executor that holds
   * the job says itself need not be told to it; `tell` is started before anything that may take its time,
   * such as the row.
   */
  async commit(
    next: JobRecord,
    { by = "service", tell }: { by?: "holder" | "service"; tell?: () => Promise<void> } = {},
  ): Promise<void> {
    const before = this.#storage.record();
    this.#store(next);
    const told = tell === undefined ? [] : [tell()];
    if (by === "service" && before !== null && isToBeWithdrawn(before, next)) {
      told.push(this.#effects.withdraw(before.attempt));
    }
    const effects = [...told, ...this.#effects.start(next)];
    if (before !== null && isToBeDispatched(before, next)) effects.push(this.#effects.dispatch(next));
    await this.#effects.carryOut(next, effects);
  }

  /**
   * Stores a change that nobody waits for, and tells the watchers; the row follows a little later. The alarm of
   * a job that waited for long stands at its next question, behind the lease that begins here.
   */
  commitAndProjectLater(next: JobRecord): void {
    this.#store(next);
    this.#effects.standBySoon();
    this.#effects.projectSoon(() => this.#storage.record());
  }

  /** Lets time take effect, or else does again what is not known to be done. */
  async tick(record: JobRecord, now: number): Promise<void> {
    const next = tick(record, now);
    if (next !== record) return this.commit(next);
    const effects = this.#effects.start(record);
    if (isAskDue(record, now)) effects.push(this.#effects.askAgain(record));
    if (isHoldDue(record, now)) effects.push(this.#effects.holdSlot(record));
    await this.#effects.carryOut(record, effects);
  }

  #store(next: JobRecord): void {
    const before = this.#storage.record();
    this.#storage.write(next);
    this.#effects.count(before, next);
    if (before?.state !== next.state) this.#effects.stepped(next);
    if (isTerminal(next.state)) {
      this.#sockets.pump();
      this.#waiters.release();
    } else if (before?.state !== next.state) {
      this.#sockets.status(snapshotOf(next));
      this.#position.askSoon();
    }
  }
}
