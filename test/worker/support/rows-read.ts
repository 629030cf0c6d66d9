import { vi } from "vitest";
import { databaseApi, statementApi } from "./faults.ts";

type Counted = { meta: { rows_read: number } };

/** Rows that D1 read while this ran, by its own count. */
export const rowsRead = async <T>(work: () => Promise<T>): Promise<{ answer: T; read: number }> => {
  let read = 0;
  const all = statementApi.all;
  const batch = databaseApi.batch;
  const spies = [
    vi.spyOn(statementApi, "all").mockImplementation(async function (this: D1PreparedStatement) {
      const found = await all.call(this);
      read += (found as unknown as Counted).meta.rows_read;
      return found;
    } as typeof all),
    vi.spyOn(databaseApi, "batch").mockImplementation(async function (this: D1Database, statements) {
      const found = await batch.call(this, statements);
      for (const one of found as unknown as Counted[]) read += one.meta.rows_read;
      return found;
    } as typeof batch),
  ];
  try {
    const answer = await work();
    return { answer, read };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};
