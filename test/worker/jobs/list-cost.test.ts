import { beforeAll, describe, expect, it } from "vitest";
import { rowsRead } from "../support/rows-read.ts";
import { insertRows, plainApi, rowId } from "./support/app.ts";

const ROWS = 200_000;
const FIRST_MS = Date.UTC(2020, 0, 1);
const STEP_MS = 250_000;

const isoOf = (i: number): string => new Date(FIRST_MS + i * STEP_MS).toISOString();
const ids = Array.from({ length: 175 }, (_, i) => rowId(i * 1_000 + 3)).join(",");

describe("a list over 200,000 jobs", () => {
  const api = plainApi();

  beforeAll(() => insertRows(ROWS, FIRST_MS, STEP_MS), 60_000);

  const range = `registered_datetime_gte=${isoOf(50_000)}&registered_datetime_lte=${isoOf(50_200)}`;
  const months = `registered_datetime_gte=${isoOf(20_000)}&registered_datetime_lte=${isoOf(180_000)}`;

  it.each([
    ["without a filter", ""],
    ["with the largest limit", "limit=500"],
    ["by status", "status=error"],
    ["by a status that no job has", "status=cancelled"],
    ["by a lower bound", `registered_datetime_gte=${isoOf(199_900)}`],
    ["by an upper bound", `registered_datetime_lte=${isoOf(100)}`],
    ["by a range", range],
    ["by a range over months", months],
    ["by status and range", `status=queued&${range}`],
    ["by status and a range over months", `status=queued&${months}`],
    ["by an empty range", "registered_datetime_gte=2025-01-01&registered_datetime_lte=2024-01-01"],
    ["by ids", `job_id=${ids}`],
    ["by ids that do not exist", `job_id=${crypto.randomUUID()},${crypto.randomUUID()}`],
    ["by ids and status", `job_id=${ids}&status=error`],
    ["by ids and a range that holds them", `job_id=${ids}&registered_datetime_gte=${isoOf(0)}`],
  ])("reads no more rows than it returns, plus one, %s", async (_name, query) => {
    const first = await rowsRead(() => api.list(`?${query}`));
    expect(first.answer.status).toBe(200);
    expect(first.read).toBeLessThanOrEqual(first.answer.jobs.length + 1);
    if (first.answer.next === "") return;
    const second = await rowsRead(() => api.list(first.answer.next.slice("/jobs".length)));
    expect(second.answer.jobs.length).toBeGreaterThan(0);
    expect(second.read).toBeLessThanOrEqual(second.answer.jobs.length + 1);
  });

  it("reads no job twice when ids are listed in a range, those outside of it included", async () => {
    const { answer, read } = await rowsRead(() => api.list(`?job_id=${ids}&${months}`));
    expect(answer.jobs.length).toBeGreaterThan(100);
    expect(read).toBe(175);
  });

  it("finds exactly the jobs of a filter", async () => {
    expect((await api.list(`?${range}`)).jobs).toHaveLength(201);
    expect((await api.list(`?status=queued&${range}`)).jobs).toHaveLength(29);
    expect((await api.list(`?job_id=${ids}`)).jobs).toHaveLength(175);
    const some = await api.list(`?job_id=${ids}&status=error&${months}`);
    expect(some.jobs.length).toBeGreaterThan(0);
    expect(some.jobs.length).toBeLessThan(175);
    expect(some.jobs.every((job) => job.status === "error")).toBe(true);
  });
});
