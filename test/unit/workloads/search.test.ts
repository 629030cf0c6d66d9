import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { WorkloadRow } from "../../../src/domain/ports/workload-rows.ts";
import {
  LOOKED_THROUGH,
  readSearch,
  type SearchRequest,
  searchPage,
} from "../../../src/domain/workloads/search.ts";
import type { Workload } from "../../../src/domain/workloads/types.ts";

const row = (index: number): WorkloadRow => ({
  id: `id-${index}`,
  state: "created",
  createdAtMs: 1_000_000 - index,
  updatedAtMs: 1_000_000,
  params: JSON.stringify({ group: index % 700 === 0 ? "rare" : "usual" }),
  filesDeletedAtMs: null,
});

const table = (count: number) => {
  const rows = Array.from({ length: count }, (_, index) => row(index));
  const seen = { rows: 0 };
  const read: Parameters<typeof searchPage>[1] = async (after, limit) => {
    const start = after === null ? 0 : rows.findIndex(({ id }) => id === after.id) + 1;
    const page = rows.slice(start, start + limit);
    seen.rows += page.length;
    return page;
  };
  return { read, seen };
};

const request = (change: Partial<SearchRequest> = {}): SearchRequest => ({
  filter: { state: null, fromMs: 0, toMs: 2_000_000, after: null },
  pageSize: 20,
  params: new Map(),
  ...change,
});

/** All pages to the last, and how many rows each was read from. */
const allPages = async (count: number, asked: SearchRequest) => {
  const { read, seen } = table(count);
  const pages: { ids: string[]; read: number }[] = [];
  let after: SearchRequest["filter"]["after"] = null;
  do {
    const before = seen.rows;
    const page: Awaited<ReturnType<typeof searchPage>> = await searchPage(
      { ...asked, filter: { ...asked.filter, after } },
      read,
    );
    pages.push({ ids: page.rows.map(({ id }) => id), read: seen.rows - before });
    after = page.next;
  } while (after !== null);
  return pages;
};

describe("a search by a name that every object has", () => {
  const workload = { params: z.object({ group: z.string() }) } as unknown as Workload;

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])(
    "is refused by it: %s",
    (name) => {
      expect(readSearch(workload, JSON.parse(`{"${name}":"x"}`))).toMatchObject({ kind: "refused" });
    },
  );

  it("takes the workload's own", () => {
    expect(readSearch(workload, { group: "x" })).not.toMatchObject({ kind: "refused" });
  });
});

describe("a search by an object", () => {
  it("finds the same value in whatever order its members stand", async () => {
    const workload = { params: z.object({ at: z.looseObject({}) }) } as unknown as Workload;
    const outcome = readSearch(workload, { at: { y: [{ b: 1, a: 2 }], x: 1 } });
    if (outcome.kind !== "ok") throw new Error("refused");
    const stored = ['{"at":{"x":1,"y":[{"a":2,"b":1}]}}', '{"at":{"x":1,"y":[{"a":1,"b":2}]}}', "{}"];
    const rows = stored.map((params, index) => ({ ...row(index), params }));
    const page = await searchPage(outcome.request, () => Promise.resolve(rows));
    expect(page.rows.map(({ id }) => id)).toEqual(["id-0"]);
  });
});

describe("a page of found jobs", () => {
  it("without params is read with one row more than it shows", async () => {
    const pages = await allPages(45, request());
    expect(pages.map(({ ids, read }) => [ids.length, read])).toEqual([
      [20, 21],
      [20, 21],
      [5, 5],
    ]);
  });

  it("by params passes over a bounded number of rows, and goes on behind them", async () => {
    const pages = await allPages(2_500, request({ params: new Map([["group", '"rare"']]) }));
    expect(pages.flatMap(({ ids }) => ids)).toEqual(["id-0", "id-700", "id-1400", "id-2100"]);
    expect(Math.max(...pages.map(({ read }) => read))).toBe(LOOKED_THROUGH);
  });

  it("by params that many jobs have shows each once", async () => {
    const pages = await allPages(600, request({ params: new Map([["group", '"usual"']]), pageSize: 50 }));
    const ids = pages.flatMap((page) => page.ids);
    expect([ids.length, new Set(ids).size]).toEqual([599, 599]);
  });
});
