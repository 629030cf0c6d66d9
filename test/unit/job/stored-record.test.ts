import { describe, expect, it } from "vitest";
import { type AnyRecord, RECORD_SCHEMA, readRecord } from "../../../src/domain/job/stored-record.ts";
import { aQueuedJob } from "./fixtures.ts";

const workload = { path: "a/b/c", entity: "x.job", params: {}, outputs: [] };
const present = aQueuedJob({ owner: "alice", workload });

/** A record as schema 1 stored it: the owner stood with the workload. */
const first = (of: typeof present): AnyRecord => {
  const { owner, workload: details, ...rest } = of;
  return { ...rest, workload: details === null ? null : { ...details, owner } } as AnyRecord;
};

describe("a stored record", () => {
  it("of the present schema is the record itself", () => {
    expect(readRecord({ ...present, schema: RECORD_SCHEMA })).toEqual(present);
  });

  it("of the first schema is brought to the present form, with its owner", () => {
    expect(readRecord(first(present))).toEqual(present);
    expect(readRecord(first({ ...present, owner: null }))).toEqual({ ...present, owner: null });
    const run = aQueuedJob();
    expect(readRecord(first(run))).toEqual(run);
  });
});
