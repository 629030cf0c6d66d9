import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { attemptRequestOf } from "../src/domain/job/attempt-request.ts";
import * as attempts from "../src/domain/job/attempts.ts";
import type { Attempt, JobRecord } from "../src/domain/job/record.ts";
import { freshEvents } from "../src/domain/job/reports.ts";
import { bucketKeys } from "../src/domain/keys.ts";
import type { AttemptSecrets } from "../src/domain/ports/ids.ts";
import type { ReportOutcome, StartAttemptOutcome } from "../src/domain/ports/job-objects.ts";
import type { AttemptEvent, OutputFile } from "../src/wire/report.ts";
import type { JobCases } from "./job-cases.ts";
import type { JobChanges } from "./job-changes.ts";
import type { JobLog } from "./job-log.ts";
import type { LogSockets } from "./log-sockets.ts";

/** Presigned URLs outlive the longest attempt by little. */
const URL_SECONDS = 30 * 60;

type Held = { readonly record: JobRecord; readonly attempt: Attempt };

/** A job as its attempts see it: started, reported on, given back, failed, and granted room for outputs. */
export class JobAttempts {
  readonly #deps: JobDeps;
  readonly #objectId: string;
  readonly #storage: JobStorage;
  readonly #log: JobLog;
  readonly #cases: JobCases;
  readonly #sockets: LogSockets;
  readonly #changes: JobChanges;

  constructor(
    deps: JobDeps,
    objectId: string,
    job: { storage: JobStorage; log: JobLog; cases: JobCases; sockets: LogSockets; changes: JobChanges },
  ) {
    this.#deps = deps;
    this.#objectId = objectId;
    this.#storage = job.storage;
    this.#log = job.log;
    this.#cases = job.cases;
    this.#sockets = job.sockets;
    this.#changes = job.changes;
  }

  async start(): Promise<StartAttemptOutcome> {
    const secrets = await this.#deps.ids.attempt(this.#objectId);
    const record = this.#storage.record();
    if (record === null || record.state !== "queued") return { kind: "idle" };
    const { id, tokenHash } = secrets;
    const next = attempts.startAttempt(record, { id, tokenHash }, this.#log.nextSeq(), this.#deps.now());
    this.#changes.commitSoon(next);
    return this.#orderOf(next, secrets);
  }

  async release(attemptId: string): Promise<void> {
    const record = this.#held(attemptId)?.record;
    if (record === undefined) return;
    const now = this.#deps.now();
    if (record.cancelRequested) {
      return this.#changes.commit(attempts.loseAttempt(record, "cancelled before it started", now));
    }
    this.#changes.commitSoon(attempts.releaseAttempt(record, now));
  }

  async fail(attemptId: string, message: string): Promise<void> {
    const record = this.#held(attemptId)?.record;
    if (record === undefined) return;
    await this.#changes.commit(attempts.loseAttempt(record, message, this.#deps.now()));
  }

  async report(
    attemptId: string,
    tokenHash: string,
    events: readonly AttemptEvent[],
  ): Promise<ReportOutcome> {
    const held = this.#held(attemptId);
    if (held === null) return { kind: "stale" };
    const { record, attempt } = held;
    if (!this.#deps.ids.isSame(tokenHash, attempt.tokenHash)) return { kind: "unauthorized" };
    const fresh = freshEvents(events, this.#log.lastEvent(record, attempt));
    if (fresh.kind === "gap") return fresh;
    const now = this.#deps.now();
    const known = fresh.compiled === null ? record : { ...record, compiled: fresh.compiled };
    this.#cases.store(record, fresh.cases);
    if (fresh.logs.length > 0) {
      this.#log.append(record, fresh.logs, fresh.lastEvent);
      this.#sockets.pump();
    }
    if (fresh.finished !== null) {
      const truncated = this.#log.isTruncated(record);
      await this.#changes.commit(attempts.finishAttempt(known, attempt, fresh.finished, truncated, now));
    } else if (
      fresh.compiled !== null ||
      attempts.leaseIsStale(attempt, now) ||
      (fresh.started && fresh.logs.length === 0)
    ) {
      this.#storage.write(attempts.renewLease(known, attempt, fresh.lastEvent, now));
    }
    return { kind: "accepted", acknowledged: fresh.lastEvent, cancel: record.cancelRequested };
  }

  async grantUploads(
    attemptId: string,
    tokenHash: string,
    files: readonly OutputFile[],
  ): Promise<string[] | null> {
    const held = this.#held(attemptId);
    if (held === null || !this.#deps.ids.isSame(tokenHash, held.attempt.tokenHash)) return null;
    if (!held.record.usesBucket) this.#storage.write({ ...held.record, usesBucket: true });
    return Promise.all(
      files.map((_file, index) => this.#deps.presigner.put(bucketKeys.output(attemptId, index), URL_SECONDS)),
    );
  }

  /** The job and its attempt, if it is this one that holds it. */
  #held(attemptId: string): Held | null {
    const record = this.#storage.record();
    const attempt = record?.attempt ?? null;
    return record === null || attempt?.id !== attemptId ? null : { record, attempt };
  }

  /** What whoever runs the attempt is told to do. */
  async #orderOf(record: JobRecord, secrets: AttemptSecrets): Promise<StartAttemptOutcome> {
    const { task, workload, clientKey } = record;
    if (task.kind === "function") {
      const { name, files, timeoutMs } = task;
      const { id: attemptId, tokenHash } = secrets;
      const params = workload?.params ?? {};
      return { kind: "function", run: { attemptId, tokenHash, name, params, files, timeoutMs } };
    }
    const urlFor = (key: string): Promise<string> => this.#deps.presigner.get(key, URL_SECONDS);
    const turn = await this.#deps.turnOf(clientKey ?? this.#objectId);
    const request = await attemptRequestOf(task, secrets, this.#deps.publicUrl, urlFor, turn);
    return { kind: "started", request };
  }
}
