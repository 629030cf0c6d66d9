import { serialize } from "node:v8";
import { describe, expect, it } from "vitest";
import { endJob, withoutRun } from "../../../src/domain/job/endings.ts";
import type { JobRecord } from "../../../src/domain/job/record.ts";
import {
  joinRecord,
  type PartName,
  type StoredRecord,
  splitRecord,
} from "../../../src/domain/job/record-parts.ts";
import { aQueuedJob, aTask, NOW } from "./fixtures.ts";

/** Storage of one record, by the same two functions as the object's. */
class Stored {
  readonly parts = new Map<PartName, unknown>();
  #before: StoredRecord | null = null;
  head: unknown = null;
  puts = 0;

  write(record: JobRecord): void {
    const { head, apart, put, drop } = splitRecord(record, this.#before);
    this.head = structuredClone(head);
    for (const [name, value] of put) this.parts.set(name, structuredClone(value));
    for (const name of drop) this.parts.delete(name);
    this.puts = put.size;
    this.#before = { record, apart };
  }

  read(): StoredRecord {
    return joinRecord(this.head as JobRecord, (name) => this.parts.get(name));
  }
}

const large = (task: Partial<typeof aTask> = {}): JobRecord =>
  aQueuedJob({
    task: {
      ...aTask,
      inputs: { kind: "inline", bytes: new Uint8Array(128 * 1_024).fill(7) },
      stdin: { kind: "inline", bytes: new Uint8Array(100 * 1_024).fill(8) },
      program: { ...aTask.program, args: ["é".repeat(64 * 1_024)] },
      ...task,
    },
  });

const outputs = Array.from({ length: 1_000 }, (_, index) => ({
  path: `${"ф".repeat(250)}${index}`,
  sizeBytes: 1,
  sha256: "0".repeat(64),
}));

describe("a record in storage", () => {
  it("is one value while it is small", () => {
    const stored = new Stored();
    const record = aQueuedJob();
    stored.write(record);
    expect(stored.parts.size).toBe(0);
    expect(stored.read()).toEqual({ record, apart: [] });
  });

  it("comes back whole from its parts, none of them near what a value may hold", () => {
    const stored = new Stored();
    const record = large();
    stored.write(record);
    expect([...stored.parts.keys()].toSorted()).toEqual(["task", "task.inputs", "task.stdin"]);
    expect(stored.read().record).toEqual(record);
    for (const value of [stored.head, ...stored.parts.values()]) {
      expect(serialize(value).length).toBeLessThan(1_048_576);
    }
  });

  it("writes again only what changed", () => {
    const stored = new Stored();
    const record = large();
    stored.write(record);
    const next = { ...record, dispatchedAtMs: NOW + 1 };
    stored.write(next);
    expect(stored.puts).toBe(0);
    expect(stored.read().record).toEqual(next);
  });

  it("lets go of inputs that are spent, and keeps a long list of outputs apart", () => {
    const stored = new Stored();
    stored.write(large());
    const result = { ...withoutRun("exit", null), outputs };
    const ended = endJob(large({ program: aTask.program }), result as never, NOW);
    stored.write(ended);
    expect([...stored.parts.keys()]).toEqual(["result.outputs"]);
    expect(stored.read().record).toEqual(ended);
  });

  it("reads a record that was stored whole", () => {
    const record = large();
    expect(joinRecord(record, () => undefined)).toEqual({ record, apart: [] });
  });
});
