import { DurableObject } from "cloudflare:workers";
import { TypedJobStorage } from "../src/adapters/typed-job-storage.ts";
import type { TypedJobDeps } from "../src/deps/types.ts";
import { typedJobDepsFor } from "../src/deps.ts";
import { announcementOf } from "../src/domain/typed-jobs/announcement.ts";
import type { NewTypedJob, TypedJob } from "../src/domain/typed-jobs/job.ts";
import * as lifecycle from "../src/domain/typed-jobs/lifecycle.ts";
import { queueMessage } from "../src/domain/typed-jobs/message.ts";
import type { CreateOutcome, WriteOutcome } from "../src/domain/typed-jobs/ports.ts";
import { fittingRowOf, rowOf, type TypedJobRow } from "../src/domain/typed-jobs/row.ts";
import { mergeFields, newSettings, type SettingsRecord } from "../src/domain/typed-jobs/settings.ts";
import { Unavailable } from "../src/domain/typed-jobs/unavailable.ts";

/** By then the row and the queue have what a change owes them, or the alarm gives it to them. */
const REPAIR_MS = 30_000;
const RETRY_MS = 5_000;

/**
 * One typed job, or, under its one name, the settings. All writes of a job happen here, one after the
 * other, between two awaits: what is read is what is written over. What a change owes the outside (a
 * queue message, the D1 row) is done before the caller is answered; the alarm, set with the change,
 * does it again when that failed or the object died first.
 */
export class TypedJobObject extends DurableObject {
  readonly #deps: TypedJobDeps;
  readonly #storage: TypedJobStorage;
  #projectedVersion = 0;
  /** Made when a change is checked, and kept for its projection: a large one takes time to compress. */
  #row: TypedJobRow | null = null;
  #projecting: Promise<boolean> | null = null;
  #sending: Promise<boolean> | null = null;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#deps = typedJobDepsFor(env);
    this.#storage = new TypedJobStorage(ctx.storage);
  }

  /** Accepts a job; asked again with the same id it answers with the job that is there. */
  async create(created: NewTypedJob): Promise<CreateOutcome> {
    const present = this.#job();
    if (present !== null) return { kind: "accepted", job: present };
    const job = lifecycle.newTypedJob(created, this.#deps.now());
    if (!this.#takesRow(job)) return { kind: "too_large", job };
    this.#storage.write(job);
    await this.#wakeBy(this.#deps.now() + REPAIR_MS);
    const isRefused = !(await this.#send());
    const now = this.#storage.job() ?? job;
    await this.#project(now.version);
    await this.#announce();
    // A worker that reports has the message, whatever the queue said.
    return { kind: isRefused && now.status === "error" ? "unsent" : "accepted", job: now };
  }

  read(): TypedJob | null {
    return this.#job();
  }

  complete(result: lifecycle.Result, guard: lifecycle.WriteGuard): Promise<WriteOutcome> {
    return this.#change((job, now) => {
      const refusal = lifecycle.refusalOf(job, guard, "completed", false);
      return refusal ?? lifecycle.complete(job, result, now);
    });
  }

  patch(change: lifecycle.Patch, guard: lifecycle.WriteGuard): Promise<WriteOutcome> {
    return this.#change((job, now) => {
      const refusal = lifecycle.refusalOf(job, guard, change.status, true);
      return refusal ?? lifecycle.patch(job, change, now);
    });
  }

  noteHookFailure(message: string): Promise<WriteOutcome> {
    return this.#change((job, now) => lifecycle.hookFailed(job, message, now));
  }

  readSettings(): SettingsRecord {
    const present = this.#storage.settings();
    if (present !== null) return present;
    const record = newSettings(this.#deps.now());
    this.#storage.writeSettings(record);
    return record;
  }

  mergeSettings(fields: string, expectedVersion: number): SettingsRecord | null {
    const merged = mergeFields(this.readSettings(), fields, expectedVersion, this.#deps.now());
    if (merged !== null) this.#storage.writeSettings(merged);
    return merged;
  }

  /** Never throws: the platform gives a failing alarm up after six retries, and with it the job. */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      this.#deps.log.error("typed_job.alarm_failed", error);
      await this.ctx.storage.setAlarm(this.#deps.now() + RETRY_MS);
    }
  }

  async #onAlarm(): Promise<void> {
    const job = this.#storage.job();
    if (job === null) return;
    if (lifecycle.hasExpired(job, this.#deps.now())) return this.#remove(job);
    await this.#send();
    const version = this.#storage.job()?.version ?? 0;
    const isProjected = await this.#project(version);
    await this.#announce();
    if (isProjected && job.expiresAtMs !== null) await this.#wakeBy(job.expiresAtMs);
  }

  /** The row goes first: while it is there, the alarm knows what to remove. */
  async #remove(job: TypedJob): Promise<void> {
    await this.#projecting;
    await this.#deps.rows.remove({ jobId: job.id, registeredAtMs: job.registeredAtMs });
    await this.#storage.clear();
  }

  /** An expired job is gone, though the alarm may come a little later. */
  #job(): TypedJob | null {
    const job = this.#storage.job();
    return job === null || lifecycle.hasExpired(job, this.#deps.now()) ? null : job;
  }

  async #change(decide: (job: TypedJob, now: number) => TypedJob | lifecycle.Refusal): Promise<WriteOutcome> {
    const job = this.#job();
    if (job === null) return { kind: "not_found" };
    const next = decide(job, this.#deps.now());
    if (typeof next === "string") return { kind: next, job };
    if (!this.#takesRow(next)) return { kind: "too_large" };
    this.#storage.write(next);
    await this.#wakeBy(this.#deps.now() + REPAIR_MS);
    await this.#project(next.version);
    await this.#announce();
    return { kind: "written", job: next };
  }

  #takesRow(job: TypedJob): boolean {
    this.#row = fittingRowOf(job);
    return this.#row !== null;
  }

  /** Sends the job's message if that is still owed; false when the queue refused it. */
  #send(): Promise<boolean> {
    this.#sending ??= this.#sendNow().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #sendNow(): Promise<boolean> {
    const job = this.#storage.job();
    if (job === null || job.queueDue === null) return true;
    const isSent = await this.#isSent(job.queueDue, queueMessage(job));
    // A worker may have written to the job meanwhile, so it is read again.
    const now = this.#storage.job() ?? job;
    const settle = isSent ? lifecycle.sent : lifecycle.sendFailed;
    this.#storage.write(settle(now, this.#deps.now()));
    await this.#wakeBy(this.#deps.now() + REPAIR_MS);
    return isSent;
  }

  async #isSent(queue: string, message: string): Promise<boolean> {
    try {
      await this.#deps.queue(queue).send(message);
      return true;
    } catch (error) {
      this.#deps.log.error("typed_job.send_failed", error, { queue });
      return false;
    }
  }

  /** Writes the row until it shows at least this version; false when D1 refused, and the alarm tries again. */
  async #project(version: number): Promise<boolean> {
    while (this.#projectedVersion < version) {
      this.#projecting ??= this.#projectNow().finally(() => {
        this.#projecting = null;
      });
      if (!(await this.#projecting)) return false;
    }
    return true;
  }

  async #projectNow(): Promise<boolean> {
    const job = this.#storage.job();
    if (job === null) return false;
    try {
      await this.#deps.rows.upsert(this.#row?.version === job.version ? this.#row : rowOf(job));
      this.#projectedVersion = job.version;
      return true;
    } catch (error) {
      this.#deps.log.error("typed_job.row_failed", error instanceof Unavailable ? error.cause : error);
      await this.#wakeBy(this.#deps.now() + RETRY_MS);
      return false;
    }
  }

  /** Hands an end over to its receivers' deliveries, once; what fails here the alarm does again. */
  async #announce(): Promise<void> {
    const job = this.#storage.job();
    const event = job === null ? null : announcementOf(job, this.#deps.zone);
    if (job === null || event === null || this.#storage.isAnnounced(event.type)) return;
    try {
      await this.#deps.webhooks().announce(job.webhooks, event);
      this.#storage.noteAnnounced(event.type);
    } catch (error) {
      this.#deps.log.error("typed_job.announce_failed", error);
      await this.#wakeBy(this.#deps.now() + RETRY_MS);
    }
  }

  async #wakeBy(atMs: number): Promise<void> {
    const present = await this.ctx.storage.getAlarm();
    if (present === null || present > atMs) await this.ctx.storage.setAlarm(atMs);
  }
}
