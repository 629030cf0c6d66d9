import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { TypedJobStorage } from "../src/adapters/typed-job-storage.ts";
import type { TypedJobDeps } from "../src/deps/types.ts";
import { serviceLog, typedJobDepsFor } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import type { NewTypedJob, TypedJob } from "../src/domain/typed-jobs/job.ts";
import * as lifecycle from "../src/domain/typed-jobs/lifecycle.ts";
import type { CreateOutcome, WriteOutcome } from "../src/domain/typed-jobs/ports.ts";
import { mergeFields, newSettings, type SettingsRecord } from "../src/domain/typed-jobs/settings.ts";
import { TypedJobEffects } from "./typed-job-effects.ts";
import { WorkBell } from "./work-bell.ts";

/** By then the row and the queue have what a change owes them, or the alarm gives it to them. */
const REPAIR_MS = 30_000;

/**
 * One typed job, or, each under its one name, the settings or the bell that workers wait at. All writes of a job happen here, one after the
 * other, between two awaits: what is read is what is written over. What a change owes the outside (a
 * queue message, the D1 row) is done before the caller is answered; the alarm, set with the change,
 * does it again when that failed or the object died first.
 */
export class TypedJobObject extends DurableObject<Record<string, unknown>> {
  readonly #storage: TypedJobStorage;
  readonly #effects: TypedJobEffects;
  readonly #bell = new WorkBell();
  #removing: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#storage = new TypedJobStorage(ctx.storage);
    this.#effects = new TypedJobEffects(() => this.#deps(), this.#storage);
  }

  /**
   * Accepts a job; asked again with the same id it answers with the job that is there. A job that the
   * queue refused is sent once more.
   */
  async create(created: NewTypedJob): Promise<CreateOutcome> {
    const leaving = this.#storage.isRemoving ? this.#storage.job() : null;
    if (leaving !== null) await this.#remove(leaving);
    const present = this.#job();
    const fingerprint = created.fingerprint ?? null;
    if (present !== null && present.fingerprint !== fingerprint) return { kind: "other_body", job: present };
    const now = this.#deps().now();
    if (present === null) return this.#begin(lifecycle.newTypedJob(created, now), "accepted");
    if (created.queue === null || !lifecycle.wasNeverSent(present)) return { kind: "present", job: present };
    return this.#begin(lifecycle.sendAgain(present, created.queue, now), "present");
  }

  read(): TypedJob | null {
    return this.#job();
  }

  /** Takes a queued job for a worker that promises news; null when there is nothing to take. */
  async claim(leaseMs: number): Promise<TypedJob | null> {
    const job = this.#job();
    const taken = job === null ? null : lifecycle.claim(job, leaseMs, this.#deps().now());
    if (taken === null) return null;
    await this.#commit(taken);
    return taken;
  }

  /** Deletes the job, if it is there for this owner; null reaches the jobs of all. */
  async remove(owner: string | null): Promise<boolean> {
    const job = this.#job();
    if (job === null || !lifecycle.isReachable(job, owner)) return false;
    await this.#remove(job);
    return true;
  }

  complete(result: lifecycle.Result, guard: lifecycle.WriteGuard): Promise<WriteOutcome> {
    return this.#change(guard.owner, (job, now) => {
      const refusal = lifecycle.refusalOf(job, guard, "completed", false);
      return refusal ?? lifecycle.complete(job, result, now);
    });
  }

  patch(change: lifecycle.Patch, guard: lifecycle.WriteGuard): Promise<WriteOutcome> {
    return this.#change(guard.owner, (job, now) => {
      const refusal = lifecycle.refusalOf(job, guard, change.status, true);
      return refusal ?? lifecycle.patch(job, change, now);
    });
  }

  async redrive(queue: string | null): Promise<"redriven" | "ended" | null> {
    const job = this.#job();
    if (job === null) return null;
    if (!lifecycle.mayRedrive(job)) return "ended";
    await this.#commit(lifecycle.redriven(job, queue, this.#deps().now()));
    if (await this.#effects.send()) await this.#tell();
    return "redriven";
  }

  /** Writes the job's row again, where the database has lost it; false when no job is here. */
  async rebuild(): Promise<boolean> {
    const job = this.#storage.job();
    if (job === null) return false;
    if (await this.#effects.projectAgain(job.version)) return true;
    throw new Error("the row could not be written");
  }

  noteHookFailure(message: string): Promise<WriteOutcome> {
    return this.#change(null, (job, now) => lifecycle.hookFailed(job, message, now));
  }

  seenWork(): string {
    return this.#bell.seen();
  }

  waitForWork(seen: string, timeoutMs: number): Promise<void> {
    return this.#bell.wait(seen, timeoutMs);
  }

  ringForWork(): void {
    this.#bell.ring();
  }

  readSettings(): SettingsRecord {
    const present = this.#storage.settings();
    if (present !== null) return present;
    const record = newSettings(this.#deps().now());
    this.#storage.writeSettings(record);
    return record;
  }

  mergeSettings(fields: string, expectedVersion: number): SettingsRecord | null {
    const merged = mergeFields(this.readSettings(), fields, expectedVersion, this.#deps().now());
    if (merged !== null) this.#storage.writeSettings(merged);
    return merged;
  }

  /** Does what is overdue, for a sweep that finds an alarm lost; false when no job is here. */
  async catchUp(): Promise<boolean> {
    if (this.#storage.job() === null) return false;
    await this.alarm();
    return this.#storage.job() !== null;
  }

  /**
   * Never throws: the platform gives a failing alarm up after six retries, and with it the job. That the
   * configuration is broken shows here, inside, and is one of the things that may pass.
   */
  override async alarm(): Promise<void> {
    let isDone = false;
    try {
      isDone = await this.#doWhatIsOwed();
    } catch (error) {
      serviceLog.error("typed_job.alarm_failed", error);
    }
    if (this.#storage.job() === null) return;
    this.#storage.noteFailures(isDone ? 0 : this.#storage.failures() + 1);
    if (!isDone) await this.#wakeBy(this.#retryAtMs());
  }

  /** Everything that is owed; false where something failed. */
  async #doWhatIsOwed(): Promise<boolean> {
    const found = this.#storage.job();
    if (found === null) return true;
    const now = this.#deps().now();
    if (this.#storage.isRemoving || lifecycle.hasExpired(found, now)) {
      await this.#remove(found);
      return true;
    }
    const ended = lifecycle.outOfTime(found, now);
    if (ended !== null) this.#storage.write(ended);
    await this.#effects.send();
    const version = this.#storage.job()?.version ?? 0;
    const isProjected = await this.#effects.project(version);
    const isAnnounced = await this.#effects.announce();
    const job = this.#storage.job();
    const nextMs = job === null ? null : lifecycle.nextDeadlineMs(job);
    // A change that came meanwhile may owe something sooner.
    if (nextMs !== null) await this.#wakeBy(nextMs);
    return isProjected && isAnnounced;
  }

  /** One removal at a time: a second one would end after a job that came under the id meanwhile. */
  #remove(job: TypedJob): Promise<void> {
    this.#removing ??= this.#removeNow(job).finally(() => {
      this.#removing = null;
    });
    return this.#removing;
  }

  /** Noted first: what fails, or what a reset breaks off, is gone on with by the alarm. */
  async #removeNow(job: TypedJob): Promise<void> {
    this.#storage.noteRemoving();
    await this.#wakeBy(this.#deps().now() + REPAIR_MS);
    await this.#effects.removeRow(job);
    await this.#storage.clear();
  }

  /** An expired job is gone, though the alarm may come a little later. */
  #job(): TypedJob | null {
    const job = this.#storage.job();
    if (job === null || this.#storage.isRemoving) return null;
    return lifecycle.hasExpired(job, this.#deps().now()) ? null : job;
  }

  async #begin(job: TypedJob, kind: "accepted" | "present"): Promise<CreateOutcome> {
    if (!this.#effects.takesRow(job)) return { kind: "too_large", job };
    this.#write(job);
    await this.#wakeBy(this.#deps().now() + REPAIR_MS);
    const isRefused = !(await this.#effects.send());
    await this.#tell();
    const stored = this.#storage.job();
    // Another one may have come under the id, when this one was removed meanwhile.
    const now = stored?.fingerprint === job.fingerprint ? stored : job;
    // A worker that reports has the message, whatever the queue said.
    return { kind: isRefused && now.status === "error" ? "unsent" : kind, job: now };
  }

  async #change(
    owner: string | null,
    decide: (job: TypedJob, now: number) => TypedJob | lifecycle.Refusal,
  ): Promise<WriteOutcome> {
    const job = this.#job();
    if (job === null || !lifecycle.isReachable(job, owner)) return { kind: "not_found" };
    const now = this.#deps().now();
    const next = decide(job, now);
    if (typeof next === "string") return { kind: next, job };
    // A heartbeat changes nothing that anybody is shown.
    if (next.version === job.version) {
      this.#storage.write(next);
      if (next.lease !== null) await this.#wakeBy(next.lease.untilMs);
      return { kind: "written", job: next };
    }
    if (!this.#effects.takesRow(next)) return { kind: "too_large" };
    await this.#commit(next);
    return { kind: "written", job: next };
  }

  async #commit(next: TypedJob): Promise<void> {
    const before = this.#storage.job();
    if (next.revision > (before?.revision ?? 0)) this.#deps().tally("jobs_ended", `jobs ${next.status}`);
    this.#write(next);
    await this.#wakeBy(this.#deps().now() + REPAIR_MS);
    await this.#tell();
  }

  /** An end that nobody has been told of yet is owed as it was, whatever the job becomes now. */
  #write(next: TypedJob): void {
    this.#effects.oweEndOf(this.#storage.job());
    this.#storage.write(next);
  }

  async #tell(): Promise<void> {
    const isProjected = await this.#effects.project(this.#storage.job()?.version ?? 0);
    const isAnnounced = await this.#effects.announce();
    if (!isProjected || !isAnnounced) await this.#wakeBy(this.#retryAtMs());
  }

  /** Resolved where it is used: an object whose configuration is broken still has its alarm. */
  #deps(): TypedJobDeps {
    return typedJobDepsFor(this.env);
  }

  #retryAtMs(): number {
    return systemClock() + retryDelayMs(this.#storage.failures(), Math.random());
  }

  async #wakeBy(atMs: number): Promise<void> {
    const present = await this.ctx.storage.getAlarm();
    if (present === null || present > atMs) await this.ctx.storage.setAlarm(atMs);
  }
}
