import type { NewJob } from "../job/new-job.ts";
import type { JobSnapshot } from "../job/record.ts";
import type { JobHandle } from "../ports/job-objects.ts";
import type { QuotaGrant, Quotas } from "../ports/quotas.ts";
import type { Tally } from "../ports/tally.ts";
import type { QuotaUsage } from "../quota/quota.ts";

/** Ends a submission, also from inside the reading of its body; caught where the submission is accepted. */
export class OverQuota extends Error {
  readonly usage: QuotaUsage;

  constructor(usage: QuotaUsage) {
    super("the client is over its quota");
    this.usage = usage;
  }
}

/**
 * The slot of a job that is to be made, in its client's budget. The budget is asked before the job's object, so that
 * one who is over the quota costs one request.
 */
export type Reservation = {
  /** Takes the slot while something is stored before the job; asked again it does nothing. @throws OverQuota */
  make(): Promise<void>;
  /** Takes the slot for the job that is made next; answers what the client has used with it. @throws OverQuota */
  take(uploadBytes?: number): Promise<QuotaUsage>;
  isMade(): boolean;
  /** Gives the slot back, as if the submission had never been made. */
  release(): Promise<void>;
};

export const createReservation = (
  { quotas, tally }: { quotas: Quotas; tally: Tally },
  clientKey: string,
  slot: string,
): Reservation => {
  let isMade = false;
  /** A slot that is held is granted again, so a call whose answer was lost is simply made again. */
  const granted = async (ask: () => Promise<QuotaGrant>): Promise<QuotaUsage> => {
    const { granted: isGranted, usage } = await ask().catch(ask);
    if (!isGranted) {
      tally("refusals", usage.refusal?.rule ?? "quota");
      throw new OverQuota(usage);
    }
    isMade = true;
    return usage;
  };
  return {
    make: async () => {
      if (!isMade) await granted(() => quotas.take(clientKey, slot));
    },
    take: (uploadBytes = 0) => granted(() => quotas.take(clientKey, slot, uploadBytes)),
    isMade: () => isMade,
    release: () => quotas.release(clientKey, slot),
  };
};

/** The job could not be made, and is surely not there. */
export class NotMade extends Error {}

/**
 * Makes a job whose slot is taken. Creating twice gives one job, so a call whose answer was lost is simply made again.
 * @throws NotMade where the job is surely not there; what else is thrown leaves that open.
 */
export const makeJob = async (job: JobHandle, newJob: NewJob): Promise<JobSnapshot> => {
  try {
    return await job.create(newJob).catch(() => job.create(newJob));
  } catch (error) {
    if ((await job.snapshot()) === null) throw new NotMade("the job was not made", { cause: error });
    throw error;
  }
};
