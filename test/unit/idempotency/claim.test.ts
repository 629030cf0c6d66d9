import { describe, expect, it } from "vitest";
import {
  begin,
  CLAIM_MS,
  complete,
  type IdempotencyRecord,
  lapse,
  mayAbandon,
  REPLAY_MS,
} from "../../../src/domain/idempotency/claim.ts";

const NOW = 1_800_000_000_000;
const FIRST = { claimId: "first", jobId: "job-first" };
const SECOND = { claimId: "second", jobId: "job-second" };
const RESULT = { fingerprint: "f", answer: "{}" };

const claimed = (now = NOW): IdempotencyRecord => {
  const { record } = begin(null, FIRST, now);
  if (record === null) throw new Error("nothing was claimed");
  return record;
};

const done = (): IdempotencyRecord => {
  const record = complete(claimed(), FIRST.claimId, RESULT, NOW);
  if (record === null) throw new Error("nothing was completed");
  return record;
};

describe("a key", () => {
  it("that is free is claimed for the proposed job, for five minutes", () => {
    expect(begin(null, FIRST, NOW)).toEqual({
      outcome: { kind: "claimed", jobId: FIRST.jobId },
      record: { kind: "claimed", ...FIRST, untilMs: NOW + 5 * 60_000 },
    });
  });

  it("that is claimed is in flight until the claim's last millisecond is over", () => {
    const at = (now: number) => begin(claimed(), SECOND, now);
    expect(at(NOW)).toEqual({ outcome: { kind: "in_flight" }, record: null });
    expect(at(NOW + CLAIM_MS - 1).outcome.kind).toBe("in_flight");
    expect(at(NOW + CLAIM_MS)).toEqual({
      outcome: { kind: "claimed", jobId: FIRST.jobId },
      record: { kind: "claimed", claimId: "second", jobId: FIRST.jobId, untilMs: NOW + 2 * CLAIM_MS },
    });
  });

  it("that is answered is replayed for 24 hours, and then free for another job", () => {
    const at = (now: number) => begin(done(), SECOND, now).outcome;
    expect(at(NOW)).toEqual({ kind: "done", ...RESULT });
    expect(at(NOW + REPLAY_MS - 1)).toEqual({ kind: "done", ...RESULT });
    expect(at(NOW + REPLAY_MS)).toEqual({ kind: "claimed", jobId: SECOND.jobId });
  });

  it("is answered, freed and let go by the request that holds it alone", () => {
    const takenOver = begin(claimed(), SECOND, NOW + CLAIM_MS).record;
    for (const record of [takenOver, done(), null]) {
      expect(complete(record, FIRST.claimId, RESULT, NOW)).toBeNull();
      expect(lapse(record, FIRST.claimId, NOW)).toBeNull();
      expect(mayAbandon(record, FIRST.claimId)).toBe(false);
    }
    expect(mayAbandon(takenOver, SECOND.claimId)).toBe(true);
    expect(mayAbandon(claimed(), FIRST.claimId)).toBe(true);
  });

  it("that was let go is taken over at once, with its job, by however many requests in turn", () => {
    let record: IdempotencyRecord | null = claimed();
    for (const claimId of ["second", "third"]) {
      record = lapse(record, record?.kind === "claimed" ? record.claimId : "", NOW);
      const next = begin(record, { claimId, jobId: `job-${claimId}` }, NOW);
      expect(next.outcome).toEqual({ kind: "claimed", jobId: FIRST.jobId });
      record = next.record;
    }
    expect(record).toMatchObject({ claimId: "third", jobId: FIRST.jobId });
  });
});
