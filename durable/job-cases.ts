import type { JobRecord } from "../src/domain/job/record.ts";
import { fromBase64 } from "../src/domain/judging/base64.ts";
import type { StoredCase } from "../src/domain/ports/job-objects.ts";
import type { CaseResult } from "../src/wire/judging.ts";

const PREFIX = "case/";
const keyOf = (index: number): string => PREFIX + String(index).padStart(3, "0");

/** One row a case; one of an attempt that was lost is written over by the next one's. */
type CaseRow = { readonly attempt: number; readonly result: StoredCase };

/** The results of a job's cases as they are stored. */
export class JobCases {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Stores what the newest attempt told of its cases. */
  store(record: JobRecord, results: readonly CaseResult[]): void {
    for (const { stdout, stderr, ...rest } of results) {
      const result: StoredCase = { ...rest, stdout: fromBase64(stdout), stderr: fromBase64(stderr) };
      const row: CaseRow = { attempt: record.attemptsMade, result };
      this.#storage.kv.put(keyOf(rest.index), row);
    }
  }

  page(record: JobRecord, from: number, limit: number): StoredCase[] {
    const rows = this.#storage.kv.list<CaseRow>({ prefix: PREFIX, start: keyOf(from), limit });
    return [...rows].flatMap(([, { attempt, result }]) => (attempt === record.attemptsMade ? [result] : []));
  }
}
