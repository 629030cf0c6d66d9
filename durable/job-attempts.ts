import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { attemptRequestOf } from "../src/domain/job/attempt-request.ts";
import {
  type AttemptToken,
  offerUntilSeconds,
  parseToken,
  sealedText,
  tokenText,
} from "../src/domain/job/attempt-token.ts";
import * as attempts from "../src/domain/job/attempts.ts";
import { endJob, withoutRun } from "../src/domain/job/endings.ts";
import type { Attempt, Holder, JobRecord } from "../src/domain/job/record.ts";
import { freshEvents } from "../src/domain/job/reports.ts";
import { isResultGenuine } from "../src/domain/job/signed-result.ts";
import { bucketKeys } from "../src/domain/keys.ts";
import type {
  AttemptBearer,
  FunctionRun,
  OfferOutcome,
  ReportOutcome,
  ReportProof,
} from "../src/domain/ports/job-objects.ts";
import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { AttemptEvent, OutputFile, ReportedUsage } from "../src/wire/report.ts";
import type { JobCases } from "./job-cases.ts";
import type { JobChanges } from "./job-changes.ts";
import type { JobLog } from "./job-log.ts";
import type { LogSockets } from "./log-sockets.ts";

/** Presigned URLs outlive the longest attempt by little. */
const URL_SECONDS = 30 * 60;

type Held = { readonly record: JobRecord; readonly attempt: Attempt };

/** A job as its attempts see it: offered, claimed, reported on, given up, and granted room for outputs. */
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

  /** What an executor needs for an attempt, made anew for each offer. Nothing is stored: a report claims. */
  async offer(holder: Holder): Promise<OfferOutcome> {
    const record = this.#storage.record();
    if (record === null || record.task.kind !== "program") return { kind: "gone" };
    if (record.attempt !== null) return { kind: "held" };
    if (record.state !== "queued") return { kind: "gone" };
    const id = `${this.#objectId}.${this.#deps.ids.keyPart()}`;
    const untilSeconds = offerUntilSeconds(this.#deps.now());
    const seal = await this.#deps.signatures.seal(record.attemptSecret, sealedText(id, holder, untilSeconds));
    const token = tokenText({ ...holder, untilSeconds, seal });
    return { kind: "offer", attempt: await this.#requestOf(record, id, token) };
  }

  /** The attempt of an offer that was too large to be sent along; null for who does not bear its token. */
  async offered(attemptId: string, bearer: AttemptBearer): Promise<AttemptRequest | null> {
    const record = this.#storage.record();
    const { token } = bearer;
    if (record === null || token === null) return null;
    if ((await this.#claimOf(record, attemptId, bearer)) === null) return null;
    return this.#requestOf(record, attemptId, token);
  }

  /** Starts the attempt of a function, which the service runs itself; null where there is none to start. */
  async startFunction(): Promise<FunctionRun | null> {
    const { id: attemptId, tokenHash } = await this.#deps.ids.attempt(this.#objectId);
    const record = this.#storage.record();
    if (record?.state !== "queued" || record.task.kind !== "function") return null;
    const { name, files, timeoutMs } = record.task;
    this.#start(record, { id: attemptId, tokenHash, holder: null });
    return { attemptId, tokenHash, name, params: record.workload?.params ?? {}, files, timeoutMs };
  }

  /** Loses an attempt that cannot go on: the job fails after its last one. */
  async fail(attemptId: string, message: string): Promise<void> {
    const record = this.#held(attemptId)?.record;
    if (record === undefined) return;
    await this.#changes.commit(attempts.loseAttempt(record, message, this.#deps.now()));
  }

  /** Ends a job that no executor would take. */
  async giveUp(message: string): Promise<void> {
    const record = this.#storage.record();
    if (record?.state !== "queued") return;
    await this.#changes.commit(endJob(record, withoutRun("infrastructure", message), this.#deps.now()));
  }

  /**
   * Takes a batch of events. The first of an offered attempt claims the job, unless another holds it, or it
   * has ended; a result counts only if the key that claimed signed it.
   */
  async report(
    attemptId: string,
    bearer: AttemptBearer,
    events: readonly AttemptEvent[],
    proof: ReportProof | null,
    usage: ReportedUsage | null,
  ): Promise<ReportOutcome> {
    const before = this.#storage.record();
    if (before === null) return { kind: "stale" };
    const claim = await this.#claimOf(before, attemptId, bearer);
    const isGenuine = await this.#isGenuine(before, attemptId, bearer, events, proof);
    // Nothing is awaited from here to the change that follows.
    const held = this.#held(attemptId) ?? this.#claim(attemptId, bearer, claim);
    if (held === null) return { kind: "stale" };
    const { record, attempt } = held;
    if (!this.#deps.ids.isSame(bearer.tokenHash, attempt.tokenHash)) return { kind: "unauthorized" };
    if (!isGenuine) return this.#refuseResult(record, attempt);
    const fresh = freshEvents(events, this.#log.lastEvent(record, attempt));
    if (fresh.kind === "gap") return fresh;
    const now = this.#deps.now();
    const cpuSeconds = usage?.cpuSeconds ?? null;
    const known = fresh.compiled === null ? record : { ...record, compiled: fresh.compiled };
    this.#cases.store(record, fresh.cases);
    if (fresh.logs.length > 0) {
      this.#log.append(record, fresh.logs, fresh.lastEvent);
      this.#sockets.pump();
    }
    if (fresh.finished !== null) {
      const truncated = this.#log.isTruncated(record);
      const next = attempts.finishAttempt(known, attempt, fresh.finished, truncated, now);
      await this.#changes.commit(next, { by: "holder" });
    } else if (fresh.compiled !== null) {
      this.#storage.write({
        ...known,
        attempt: attempts.renewLease(attempt, fresh.lastEvent, cpuSeconds, now),
      });
    } else if (attempts.leaseIsStale(attempt, now) || (fresh.started && fresh.logs.length === 0)) {
      this.#storage.writeLease(record, attempts.renewLease(attempt, fresh.lastEvent, cpuSeconds, now));
    }
    if (usage !== null && fresh.finished === null) this.#sockets.usage(usage, attempt.startedAtMs);
    this.#sockets.ping();
    return { kind: "accepted", acknowledged: fresh.lastEvent, cancel: record.cancelRequested };
  }

  /** Room for outputs; a program that ended before its first report claims the job by asking for it. */
  async grantUploads(
    attemptId: string,
    bearer: AttemptBearer,
    files: readonly OutputFile[],
  ): Promise<string[] | null> {
    const before = this.#storage.record();
    const claim = before === null ? null : await this.#claimOf(before, attemptId, bearer);
    const held = this.#held(attemptId) ?? this.#claim(attemptId, bearer, claim);
    if (held === null || !this.#deps.ids.isSame(bearer.tokenHash, held.attempt.tokenHash)) return null;
    if (!held.record.usesBucket) this.#storage.write({ ...held.record, usesBucket: true });
    return Promise.all(
      files.map((_file, index) => this.#deps.presigner.put(bucketKeys.output(attemptId, index), URL_SECONDS)),
    );
  }

  /** Whether an attempt holds an interactive job; one that has not reported yet claims it by asking. */
  async mayInteract(attemptId: string, bearer: AttemptBearer): Promise<boolean> {
    const before = this.#storage.record();
    if (before?.task.kind !== "program" || before.task.interactive !== true) return false;
    const claim = await this.#claimOf(before, attemptId, bearer);
    const held = this.#held(attemptId) ?? this.#claim(attemptId, bearer, claim);
    return held !== null && this.#deps.ids.isSame(bearer.tokenHash, held.attempt.tokenHash);
  }

  /** Who may claim by this token: null unless it is sealed for this attempt. */
  async #claimOf(
    record: JobRecord,
    attemptId: string,
    { token }: AttemptBearer,
  ): Promise<AttemptToken | null> {
    const parsed = token === null ? null : parseToken(token);
    if (parsed === null || record.attempt?.id === attemptId) return parsed;
    const text = sealedText(attemptId, parsed, parsed.untilSeconds);
    return (await this.#deps.signatures.isSealed(record.attemptSecret, text, parsed.seal)) ? parsed : null;
  }

  async #isGenuine(
    record: JobRecord,
    attemptId: string,
    { token }: AttemptBearer,
    events: readonly AttemptEvent[],
    proof: ReportProof | null,
  ): Promise<boolean> {
    const finished = events.find((event) => event.type === "finished");
    // A function's result comes from the service itself.
    if (finished === undefined || token === null || record.task.kind === "function") return true;
    const key = parseToken(token)?.key ?? null;
    if (key === null || proof === null) return false;
    return isResultGenuine(this.#deps.signatures, { key, attemptId, task: record.task, finished, proof });
  }

  /** Starts the attempt that a genuine, timely claim names, if the job still waits for one. */
  #claim(attemptId: string, { tokenHash }: AttemptBearer, claim: AttemptToken | null): Held | null {
    const record = this.#storage.record();
    if (claim === null || record?.state !== "queued") return null;
    if (this.#deps.now() > claim.untilSeconds * 1_000) return null;
    const { instance, key } = claim;
    return this.#start(record, { id: attemptId, tokenHash, holder: { instance, key } });
  }

  #start(record: JobRecord, holder: Pick<Attempt, "id" | "tokenHash" | "holder">): Held | null {
    const next = attempts.startAttempt(record, holder, this.#log.nextSeq(), this.#deps.now());
    this.#changes.commitAndProjectLater(next);
    return this.#held(holder.id);
  }

  async #refuseResult(record: JobRecord, { holder }: Attempt): Promise<ReportOutcome> {
    const message = "the result was not signed by the executor that held the attempt";
    await this.#changes.commit(attempts.loseAttempt(record, message, this.#deps.now()));
    if (holder !== null) await this.#deps.pool.badSignature(holder.instance);
    return { kind: "unauthorized" };
  }

  /** The job and its attempt, if it is this one that holds it. */
  #held(attemptId: string): Held | null {
    const record = this.#storage.record();
    const attempt = record?.attempt ?? null;
    return record === null || attempt?.id !== attemptId ? null : { record, attempt };
  }

  async #requestOf(
    { task, clientKey, trace }: JobRecord,
    id: string,
    token: string,
  ): Promise<AttemptRequest> {
    if (task.kind !== "program") throw new Error("a function is not given to an executor");
    const urlFor = (key: string): Promise<string> => this.#deps.presigner.get(key, URL_SECONDS);
    const turn = await this.#deps.turnOf(clientKey ?? this.#objectId);
    return attemptRequestOf(task, { id, token, trace }, urlFor, turn);
  }
}
