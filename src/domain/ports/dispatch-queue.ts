import type { Task } from "../job/record.ts";

/** What the queue carries: the job's object, and nothing that is secret. */
export type DispatchMessage = { readonly objectId: string };

export type DispatchQueue = {
  /** A function holds its consumer for as long as it runs, so functions have a queue of their own. */
  send(message: DispatchMessage, kind: Task["kind"]): Promise<void>;
};
