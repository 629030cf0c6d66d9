import { vi } from "vitest";
import { testEnv } from "./env.ts";

/**
 * Bindings of one kind share a prototype in the isolate that Worker, objects and test have in common, so
 * what is done to it here holds for all of them. `vi.restoreAllMocks` takes it back.
 */
const prototypeOf = <T extends object>(binding: T): T => Object.getPrototypeOf(binding) as T;

export const databaseApi = prototypeOf(testEnv.DB);
export const statementApi = prototypeOf(testEnv.DB.prepare("SELECT 1"));
export const queueApi = prototypeOf(testEnv.DISPATCH_QUEUE);
export const bucketApi = prototypeOf(testEnv.BUCKET);
export const namespaceApi = prototypeOf(testEnv.JOB_OBJECT);

/** The next writes to D1 fail, so many of them. */
export const failDatabaseWrites = (times: number): void => {
  const run = vi.spyOn(statementApi, "run");
  for (let count = 0; count < times; count++) run.mockRejectedValueOnce(new Error("D1 is not there"));
};

/** The next messages are not taken by the queue. */
export const failQueueSends = (times: number): void => {
  const send = vi.spyOn(queueApi, "send");
  for (let count = 0; count < times; count++) send.mockRejectedValueOnce(new Error("the queue is not there"));
};
