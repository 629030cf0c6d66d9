import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import { beginProcessing, refuseUpload, uploadChecked } from "../src/domain/job/awaited-uploads.ts";
import { judgeUploads, type UploadVerdict } from "../src/domain/job/upload-checks.ts";
import type { UploadCheck } from "../src/domain/ports/job-objects.ts";
import type { JobChanges } from "./job-changes.ts";

/** However often a client polls, the bucket is asked at most this often for it. */
const POLLED_LOOK_MS = 1_000;

/** Looks into the bucket for the parts that a created job waits for, and starts the job with them. */
export class UploadWatch {
  readonly #deps: Pick<JobDeps, "bucket" | "log" | "now">;
  readonly #storage: JobStorage;
  readonly #changes: JobChanges;
  #lookedAtMs = 0;
  #missing: readonly string[] = [];
  #isWatching = false;

  constructor(deps: Pick<JobDeps, "bucket" | "log" | "now">, storage: JobStorage, changes: JobChanges) {
    this.#deps = deps;
    this.#storage = storage;
    this.#changes = changes;
  }

  /** Starts a created job once its uploads are there; any number may ask at once. */
  async check(isPolled: boolean): Promise<UploadCheck> {
    if (this.#storage.record() === null) return { kind: "unknown" };
    const verdict = await this.#look(isPolled);
    const record = this.#storage.record();
    if (verdict === null || record === null) return { kind: "not_awaited" };
    if (verdict.kind === "incomplete") return { kind: "waiting", missing: verdict.missing };
    await this.#changes.commit(
      verdict.kind === "refused"
        ? refuseUpload(record, verdict.message, this.#deps.now())
        : beginProcessing(record, verdict.files, this.#deps.now()),
    );
    return { kind: "not_awaited" };
  }

  /** Looks at the pace of polls as long as the job waits for its uploads and somebody for the job. */
  async watch(isWaited: () => boolean): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    try {
      while (isWaited() && (await this.check(true)).kind === "waiting") await scheduler.wait(POLLED_LOOK_MS);
    } catch (error) {
      this.#deps.log.error("job.upload_watch_failed", error);
    } finally {
      this.#isWatching = false;
    }
  }

  /** The job is gone: one that comes later under its id starts afresh. */
  forget(): void {
    this.#lookedAtMs = 0;
    this.#missing = [];
  }

  /** Without a part that is still missing, the next look comes later than this one did after the last. */
  async checkByAlarm(): Promise<void> {
    await this.check(false);
    const record = this.#storage.record();
    if (record?.upload != null) this.#storage.write(uploadChecked(record, this.#deps.now()));
  }

  /**
   * What the bucket says of the uploads, or null when the job no longer waits for any: the record is
   * read again after each look, so that of several who look at once only one starts the job.
   */
  async #look(isPolled: boolean): Promise<UploadVerdict | null> {
    const plan = this.#storage.record()?.upload ?? null;
    if (plan === null) return null;
    if (isPolled && this.#deps.now() - this.#lookedAtMs < POLLED_LOOK_MS) {
      return { kind: "incomplete", missing: this.#missing };
    }
    this.#lookedAtMs = this.#deps.now();
    const objects = await Promise.all(plan.parts.map((part) => this.#deps.bucket.head(part.key)));
    if (this.#storage.record()?.upload == null) return null;
    const verdict = judgeUploads(plan, objects);
    if (verdict.kind === "incomplete") this.#missing = verdict.missing;
    return verdict;
  }
}
