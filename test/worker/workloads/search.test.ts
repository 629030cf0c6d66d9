import { afterEach, describe, expect, it } from "vitest";
import { d1WorkloadRows } from "../../../src/adapters/workload-rows.ts";
import type { WorkloadSearch } from "../../../src/domain/ports/workload-rows.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { testEnv } from "../support/env.ts";
import { suiteOwner } from "../support/suite-key.ts";
import { CHECKSUM, create, type Data, dataOf, expectWorkloadError, TAX } from "../support/workloads.ts";

afterEach(restoreClock);

const client = new Client();
const search = async (body: unknown, path = TAX) => {
  const data = await dataOf(await client.post(`${path}/search`, body));
  return { items: data.items as readonly Data[], next: data.last_evaluated_key as string | undefined };
};
const ids = (items: readonly Data[]) => items.map(({ job_id }) => job_id);

/** Jobs a second apart, oldest first. */
const createMany = async (count: number, body: (index: number) => unknown, path = TAX) => {
  const made: string[] = [];
  for (let index = 0; index < count; index++) {
    moveClock(1_000);
    made.push((await create(client, path, body(index))).id);
  }
  return made;
};

describe("a search", () => {
  it("pages through the jobs newest first, each once, and says when there is no more", async () => {
    moveClock(3_600_000);
    const sinceMs = Date.now();
    const made = await createMany(5, () => ({ security_type: "domestic" }));
    const range = { from_date: sinceMs, page_size: 2 };
    const first = await search(range);
    const second = await search({ ...range, last_evaluated_key: first.next });
    const third = await search({ ...range, last_evaluated_key: second.next });
    expect([first, second, third].map(({ items }) => items.length)).toEqual([2, 2, 1]);
    expect(third.next).toBeUndefined();
    expect(ids([...first.items, ...second.items, ...third.items])).toEqual([...made].reverse());
    const whole = await search({ from_date: sinceMs, page_size: 5 });
    expect([whole.items.length, whole.next]).toEqual([5, undefined]);
    expect(whole.items[0]).toMatchObject({
      "@entity": "in.co.example.calculator.tax_pnl.securities.job",
      id: made[4],
      status: "created",
      security_type: "domestic",
    });
  });

  it("filters by status and by a range of time with both ends", async () => {
    moveClock(7_200_000);
    const sinceMs = Date.now();
    const made = await createMany(4, () => ({ security_type: "domestic" }));
    await client.post(`${TAX}/${made[1]}/cancel`, {});
    const cancelled = await search({ status: "cancelled", from_date: sinceMs });
    expect(ids(cancelled.items)).toEqual([made[1]]);
    const created = await search({ status: "created", from_date: sinceMs });
    expect(ids(created.items)).toEqual([made[3], made[2], made[0]]);
    const all = (await search({ from_date: sinceMs })).items;
    const [newest, , , oldest] = all.map(({ created_at }) => Number(created_at));
    const within = await search({ from_date: (oldest ?? 0) + 1, to_date: newest });
    expect(ids(within.items)).toEqual([made[3], made[2], made[1]]);
    const earlier = await search({ from_date: oldest, to_date: (newest ?? 0) - 1, page_size: 1 });
    expect(ids(earlier.items)).toEqual([made[2]]);
  });

  it("filters by any declared param", async () => {
    moveClock(10_800_000);
    const sinceMs = Date.now();
    const made = await createMany(6, (index) => ({ label: index % 2 === 0 ? "even" : "odd" }), CHECKSUM);
    const first = await search({ from_date: sinceMs, label: "odd", page_size: 2 }, CHECKSUM);
    expect(ids(first.items)).toEqual([made[5], made[3]]);
    const next = { from_date: sinceMs, label: "odd", page_size: 2, last_evaluated_key: first.next };
    const second = await search(next, CHECKSUM);
    expect([ids(second.items), second.next]).toEqual([[made[1]], undefined]);
    expect((await search({ from_date: sinceMs, label: "none" }, CHECKSUM)).items).toEqual([]);
    expect((await search({ from_date: sinceMs })).items).toEqual([]);
  });

  it("refuses what is no filter, by its name", async () => {
    const refused = async (body: unknown, field: string) => {
      const answer = await expectWorkloadError(await client.post(`${TAX}/search`, body), 422);
      expect(answer.errors).toMatchObject([{ field }]);
    };
    await refused({ page_size: 51 }, "page_size");
    await refused({ page_size: 0 }, "page_size");
    await refused({ status: "running" }, "status");
    await refused({ label: "x" }, "label");
    await refused({ last_evaluated_key: "!" }, "last_evaluated_key");
    await refused({ from_date: "yesterday" }, "from_date");
  });

  it("reads from D1 no row that it does not show, but for the one that tells of a next page", async () => {
    moveClock(14_400_000);
    const sinceMs = Date.now();
    const made = await createMany(6, () => ({ security_type: "domestic" }));
    await client.post(`${TAX}/${made[0]}/cancel`, {});
    let read = 0;
    const counting = new Proxy(testEnv.DB, {
      get: (db, name) =>
        name === "prepare"
          ? (sql: string) => ({
              bind: (...values: unknown[]) => ({
                all: async () => {
                  const result = await db
                    .prepare(sql)
                    .bind(...values)
                    .all();
                  read = result.meta.rows_read;
                  return result;
                },
              }),
            })
          : Reflect.get(db, name),
    });
    const query: WorkloadSearch = {
      path: TAX.slice(1),
      owner: suiteOwner() ?? "",
      state: null,
      fromMs: sinceMs,
      toMs: Number.MAX_SAFE_INTEGER - 1,
      after: null,
      limit: 3,
    };
    const rows = d1WorkloadRows(counting);
    expect(await rows.search(query)).toHaveLength(3);
    expect(read).toBeLessThanOrEqual(3);
    expect(await rows.search({ ...query, state: "cancelled" })).toHaveLength(1);
    expect(read).toBeLessThanOrEqual(2);
    expect(await rows.search({ ...query, toMs: sinceMs - 1, fromMs: 0 })).not.toHaveLength(0);
    expect(read).toBeLessThanOrEqual(3);
  });
});

describe("the rows of jobs", () => {
  it("cost a run no entry in the indexes that workloads are searched by", async () => {
    const insert = async (face: string) => {
      const { meta } = await testEnv.DB.prepare(
        `INSERT INTO jobs (object_id, face, state, version, created_at_ms, updated_at_ms, finished_at_ms)
         VALUES (?1, ?2, 'succeeded', 1, 1, 1, 1)`,
      )
        .bind(crypto.randomUUID(), face)
        .run();
      return meta.rows_written;
    };
    expect([await insert("runs"), await insert("workloads")]).toEqual([1, 3]);
  });
});
