import { describe, expect, it } from "vitest";
import { isIncomplete, recordSchema } from "../../../src/domain/job/stored-record.ts";
import { aQueuedJob } from "./fixtures.ts";

const workload = { path: "a/b/c", entity: "x.job", params: {}, outputs: [] };
const present = aQueuedJob({ owner: "alice", workload });

const schema = recordSchema(() => "a new secret");

/** A record as schema 1 stored it: the owner stood with the workload. */
const first = (of: typeof present): object => {
  const { owner, workload: details, ...rest } = of;
  return { ...rest, workload: details === null ? null : { ...details, owner } };
};

describe("a stored record", () => {
  it("of the present schema is the record itself", () => {
    expect(schema.read(schema.stamp(present))).toEqual(present);
  });

  it("of the first schema is brought to the present form, with its owner", () => {
    expect(schema.read(first(present))).toEqual(present);
    expect(schema.read(first({ ...present, owner: null }))).toEqual({ ...present, owner: null });
    const run = aQueuedJob();
    expect(schema.read(first(run))).toEqual(run);
  });

  it("of a job whose attempt was pushed to an executor gets a secret, to be stored, and an attempt of nobody", () => {
    const attempt = { id: "a", tokenHash: "b", startedAtMs: 1, leaseUntilMs: 2, deadlineMs: 3, lastEvent: 0 };
    const { attemptSecret: _none, ...pushed } = aQueuedJob();
    const stored = { ...first(pushed as typeof present), attempt };
    expect(isIncomplete(stored)).toBe(true);
    const record = schema.read(stored);
    expect(record).toMatchObject({ attemptSecret: "a new secret", attempt: { ...attempt, holder: null } });
    expect(isIncomplete(first(record))).toBe(false);
  });
});
