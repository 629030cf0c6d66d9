import { describe, expect, it } from "vitest";
import { idempotencySchema } from "../../src/domain/idempotency/claim.ts";
import { logChunkSchema } from "../../src/domain/job/log-book.ts";
import { recordSchema } from "../../src/domain/job/stored-record.ts";
import { containerSchema } from "../../src/domain/pool/containers.ts";
import { poolEntrySchema } from "../../src/domain/pool/types.ts";
import { NewerSchema, type Schema, schemaOf } from "../../src/domain/stored.ts";
import { typedJobSchema } from "../../src/domain/typed-jobs/job.ts";
import { settingsSchema } from "../../src/domain/typed-jobs/settings.ts";
import { deliverySchema } from "../../src/domain/webhooks/delivery.ts";
import fixtures from "./stored-fixtures.json" with { type: "json" };

/** Everything that objects keep, by its name in the fixtures. */
const schemas: Record<keyof typeof fixtures, Schema<object>> = {
  record: recordSchema(() => "made up") as Schema<object>,
  logChunk: logChunkSchema as Schema<object>,
  typedJob: typedJobSchema as Schema<object>,
  settings: settingsSchema as Schema<object>,
  delivery: deliverySchema as Schema<object>,
  idempotency: idempotencySchema as Schema<object>,
  poolEntry: poolEntrySchema as Schema<object>,
  container: containerSchema as Schema<object>,
};
const kinds = Object.keys(fixtures) as (keyof typeof fixtures)[];

describe.each(kinds)("a stored %s", (kind) => {
  const { before, present } = fixtures[kind];
  const schema = schemas[kind];

  it("of this version is in the form that this version stamps, and is read as it is", () => {
    const { schema: stamped, ...value } = present;
    expect(stamped).toBe(schema.present);
    expect(schema.read(present)).toEqual(value);
    expect(schema.stamp(value)).toEqual(present);
  });

  it("of release 0.1.0, which stamped nothing, becomes one of this version", () => {
    const { schema: _present, ...value } = present;
    expect(schema.read(before)).toEqual(value);
  });

  it("of a later version is refused by name", () => {
    const newer = { ...present, schema: schema.present + 1 };
    expect(() => schema.read(newer)).toThrow(NewerSchema);
    expect(() => schema.read({ ...present, schema: "2" })).toThrow(NewerSchema);
  });
});

describe("a schema", () => {
  it("brings what is older through every form between", () => {
    const schema = schemaOf<{ readonly c: number }>("a thing", [
      ({ a }: { a: number }) => ({ b: a + 1 }),
      ({ b }: { b: number }) => ({ c: b * 2 }),
    ]);
    expect([
      schema.read({ a: 1 }),
      schema.read({ schema: 2, b: 2 }),
      schema.read({ schema: 3, c: 4 }),
    ]).toEqual([{ c: 4 }, { c: 4 }, { c: 4 }]);
    expect(() => schema.read({ schema: 4 })).toThrow(
      "a thing is stored in schema 4, and this version knows 3",
    );
  });
});
