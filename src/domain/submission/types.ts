import type { UploadRefusal } from "../../uploads/index.ts";
import type { Block } from "../access/block.ts";
import type { JobSnapshot } from "../job/record.ts";
import type { PoolLimits } from "../pool/limits.ts";
import type { Bucket } from "../ports/bucket.ts";
import type { Clock } from "../ports/clock.ts";
import type { Ids } from "../ports/ids.ts";
import type { JobObjects } from "../ports/job-objects.ts";
import type { Pool } from "../ports/pool.ts";
import type { Quotas } from "../ports/quotas.ts";
import type { Tally } from "../ports/tally.ts";
import type { ClientWebhooks } from "../ports/webhooks.ts";
import type { RunLimits } from "../quota/classes.ts";
import type { QuotaUsage } from "../quota/quota.ts";
import type { IncrementalSha256 } from "../runs/job-hash.ts";
import type { FieldError } from "../runs/types.ts";
import type { Subscription } from "../webhooks/endpoint.ts";

/** What accepting a run acts through. */
export type SubmissionDeps = {
  readonly ids: Ids;
  readonly jobs: JobObjects;
  readonly quotas: Quotas;
  readonly bucket: Bucket;
  readonly pool: Pool;
  readonly poolLimits: PoolLimits;
  readonly now: Clock;
  readonly tally: Tally;
  readonly blocks: () => Promise<readonly Block[]>;
  /** What one run of a client may ask for, by the name of its budget. */
  readonly runLimits: (clientKey: string) => RunLimits;
  readonly sha256: () => IncrementalSha256;
  readonly runRetentionMs: number;
  readonly runQueueWaitMs: number;
  /** What a submission has stored for so long without becoming a job is taken back. */
  readonly submissionMs: number;
  /** Who is to hear how runs end. */
  readonly webhookSubscriptions: readonly Subscription[];
  /** Takes the receiver that a run names itself. */
  readonly clientWebhooks: ClientWebhooks;
};

export type SubmissionOutcome =
  | {
      readonly kind: "accepted";
      readonly snapshot: JobSnapshot;
      /** Null where no quota applies. */
      readonly usage: QuotaUsage | null;
      /** What of the body is not in the tar, for the fingerprint. */
      readonly rest: string;
      /** What of the manifest was ignored. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: "over_quota"; readonly usage: QuotaUsage }
  | { readonly kind: "bad_upload"; readonly refusal: UploadRefusal }
  | { readonly kind: "bad_fields"; readonly errors: readonly FieldError[] }
  /** The operator has shut this program out; `reason` is theirs. */
  | { readonly kind: "blocked"; readonly reason: string }
  /** So much waits that nothing more is taken. */
  | { readonly kind: "no_room"; readonly retryAfterSeconds: number };
