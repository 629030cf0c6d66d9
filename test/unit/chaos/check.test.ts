import { describe, expect, it } from "vitest";
import { faultsOf } from "../../chaos/check.ts";
import type { Accepted } from "../../chaos/load.ts";
import type { StoredObject, StoredState } from "../../chaos/stored-state.ts";

const NOW = 1_800_000_000_000;
const RUN = "a".repeat(64);
const TYPED = "b".repeat(64);

const chunk = (firstSeq: number, ...lines: string[]) => ({
  attempt: 1,
  firstSeq,
  entries: lines.map((data) => ({ data, stream: "stdout" })),
});
const object = (objectId: string, values: Record<string, unknown>): StoredObject => ({
  objectId,
  values: new Map(Object.entries(values)),
});

const record = {
  id: "job-1",
  state: "succeeded",
  version: 3,
  firstSeq: 1,
  attempt: null,
  result: { reason: "exit", message: null },
  usesBucket: true,
  finishedAtMs: NOW,
  updatedAtMs: NOW,
};
const run = { job: record, "log/0001": chunk(1, "one\n"), "log/0002": chunk(2, "two\n") };
const typed = { job: { id: "typed-1", status: "completed", version: 2 }, response: new Uint8Array(1) };

/** A service at rest after one run and one typed job; a case changes what it is about. */
const state = (change: Partial<StoredState> = {}): StoredState => ({
  jobs: [object(RUN, run)],
  typedJobs: [object(TYPED, typed)],
  quotas: [object("c".repeat(64), { data: { quota: { slots: [{ slot: "old", untilMs: NOW }] } } })],
  pools: [object("d".repeat(64), {})],
  jobRows: [{ object_id: RUN, state: "succeeded", version: 3, finished_at_ms: NOW, updated_at_ms: NOW }],
  typedRows: [{ job_id: "typed-1", status: "completed", version: 2 }],
  bucketKeys: [`jobs/${RUN}/outputs/x/0`],
  ...change,
});
const job = (change: object = {}, values: object = {}) => [
  object(RUN, { ...run, job: { ...record, ...change }, ...values }),
];
const wishes = { wish: "none", isWishHeard: false } as const;
const accepted: Accepted[] = [
  { kind: "run", id: "job-1", text: "one\ntwo\n", ...wishes },
  { kind: "typed", id: "typed-1", text: null, ...wishes },
];
const slots = [{ slot: RUN, untilMs: NOW + 1 }];

describe("what chaos looks for on the disk", () => {
  it("is not there where all is well, and an old lease is no slot", () => {
    expect(faultsOf(state(), accepted, NOW)).toEqual([]);
  });

  it.each<[string, Partial<StoredState>, RegExp]>([
    ["a job that never ended", { jobs: job({ state: "running" }) }, /is running to this day/],
    ["an end without a result", { jobs: job({ result: null }) }, /without a result/],
    ["a job that an attempt still holds", { jobs: job({ attempt: { id: "x" } }) }, /held by an attempt/],
    ["a log with a gap", { jobs: job({}, { "log/0002": chunk(3, "two\n") }) }, /log goes from 1 to 3/],
    ["a line twice", { jobs: job({}, { "log/0003": chunk(3, "two\n") }) }, /it printed/],
    [
      "a line of an earlier attempt",
      { jobs: job({}, { "log/0002": { ...chunk(2, "two\n"), attempt: 0 } }) },
      /goes back/,
    ],
    ["a job without a row", { jobRows: [] }, /has no row/],
    ["a row that is behind", { jobRows: [{ ...state().jobRows[0], version: 2 }] }, /its row has version 2/],
    ["a row without a job", { jobs: [] }, /there is no such job/],
    ["an accepted job that is gone", { typedJobs: [], typedRows: [] }, /typed-1: is gone/],
    [
      "a typed job whose row differs",
      { typedRows: [{ job_id: "typed-1", status: "queued", version: 2 }] },
      /its row differs/,
    ],
    ["a typed job without its result", { typedJobs: [object(TYPED, { job: typed.job })] }, /has no result/],
    ["a slot that is held", { quotas: [object("c", { data: { quota: { slots } } })] }, /still holds 1 slots/],
    ["a file of nobody's", { bucketKeys: [`jobs/${"e".repeat(64)}/inputs.tar`] }, /which nobody owns/],
    ["a file that its job does not know", { jobs: job({ usesBucket: false }) }, /its job knows nothing/],
    ["a job that waits in the pool", { pools: [object("d", { "wait/1": {} })] }, /1 jobs wait in the pool/],
    [
      "what a removed job left",
      { jobs: [...state().jobs, object("f".repeat(64), { announced: true })] },
      /without a job it has/,
    ],
  ])("is %s", (_name, change, fault) => {
    const faults = faultsOf(state(change), accepted, NOW);
    expect(
      faults.some((one) => fault.test(one)),
      faults.join("\n"),
    ).toBe(true);
  });
});
