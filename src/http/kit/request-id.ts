import type { Context } from "hono";

/** Gives a request an id of our own making; a 5xx body and the log line of its cause share it. */
export const giveRequestId = (c: Context): void => c.set("requestId", crypto.randomUUID());

/** The id of this request; an answer gets it as a header only after its handler, or the error hook, is done. */
export const requestIdOf = (c: Context): string => c.get("requestId") ?? "";
