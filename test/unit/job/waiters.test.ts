import { expect, it } from "vitest";
import { Waiters } from "../../../durable/waiters.ts";

it("lets those go first that wait longest, where too many wait", async () => {
  const waiters = new Waiters(1_000);
  const done: number[] = [];
  for (let index = 0; index < 1_002; index++) void waiters.wait(60_000).then(() => done.push(index));
  await Promise.resolve();
  expect([done, waiters.count]).toEqual([[0, 1], 1_000]);
  waiters.release();
  await Promise.resolve();
  expect([done.length, waiters.count]).toEqual([1_002, 0]);
});
