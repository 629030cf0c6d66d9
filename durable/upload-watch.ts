import type { JobRecord } from "../src/domain/job/record.ts";
import { judgeUploads, type UploadVerdict } from "../src/domain/job/upload-checks.ts";
import type { Bucket } from "../src/domain/ports/bucket.ts";
import type { Clock } from "../src/domain/ports/clock.ts";

/** However often a client polls, the bucket is asked at most this often for it. */
const POLLED_LOOK_MS = 1_000;

/** Looks into the bucket for the parts that a created job waits for. */
export class UploadWatch {
  readonly #bucket: Bucket;
  readonly #now: Clock;
  #lookedAtMs = 0;
  #missing: readonly string[] = [];

  constructor(bucket: Bucket, now: Clock) {
    this.#bucket = bucket;
    this.#now = now;
  }

  /**
   * What the bucket says of the uploads, or null when `current` no longer waits for any: the record is
   * read again after each look, so that of several who look at once only one starts the job.
   */
  async look(current: () => JobRecord | null, isPolled: boolean): Promise<UploadVerdict | null> {
    const plan = current()?.upload ?? null;
    if (plan === null) return null;
    if (isPolled && this.#now() - this.#lookedAtMs < POLLED_LOOK_MS) {
      return { kind: "incomplete", missing: this.#missing };
    }
    this.#lookedAtMs = this.#now();
    const objects = await Promise.all(plan.parts.map((part) => this.#bucket.head(part.key)));
    if (current()?.upload == null) return null;
    const verdict = judgeUploads(plan, objects);
    if (verdict.kind === "incomplete") this.#missing = verdict.missing;
    return verdict;
  }
}
