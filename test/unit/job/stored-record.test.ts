import { describe, expect, it } from "vitest";
import {
  type AnyRecord,
  isIncomplete,
  RECORD_SCHEMA,
  readRecord,
} from "../../../src/domain/job/stored-record.ts";
import { aQueuedJob } from "./fixtures.ts";

const workload = { path: "a/b/c", entity: "x.job", params: {}, outputs: [] };
const present = aQueuedJob({ owner: "alice", workload });

const newSecret = (): string => "a new secret";

/** A record as schema 1 stored it: the owner stood with the workload. */
const first = (of: typeof present): AnyRecord => {
  const { owner, workload: details, ...rest } = of;
  return { ...rest, workload: details === null ? null : { ...details, owner } } as AnyRecord;
};

describe("a stored record", () => {
  it("of the present schema is the record itself", () => {
    expect(readRecord({ ...present, schema: RECORD_SCHEMA }, newSecret)).toEqual(present);
  });

  it("of the first schema is brought to the present form, with its owner", () => {
    expect(readRecord(first(present), newSecret)).toEqual(present);
    expect(readRecord(first({ ...present, owner: null }), newSecret)).toEqual({ ...present, owner: null });
    const run = aQueuedJob();
    expect(readRecord(first(run), newSecret)).toEqual(run);
  });

  it("of a job whose attempt was pushed to an executor gets a secret, to be stored, and an attempt of nobody", () => {
    const attempt = { id: "a", tokenHash: "b", startedAtMs: 1, leaseUntilMs: 2, deadlineMs: 3, lastEvent: 0 };
    const { attemptSecret: _none, ...pushed } = first(aQueuedJob());
    const stored = { ...pushed, attempt } as AnyRecord;
    expect(isIncomplete(stored)).toBe(true);
    const record = readRecord(stored, newSecret);
    expect(record).toMatchObject({ attemptSecret: "a new secret", attempt: { ...attempt, holder: null } });
    expect(isIncomplete(first(record))).toBe(false);
  });
});
