import type { Context } from "hono";

const nothing = (): void => undefined;

/** Lets work go on when the client that asked for it has gone: what was begun is ended, or taken back. */
export const goingOn = <T>(c: Context, work: Promise<T>): Promise<T> => {
  c.executionCtx.waitUntil(work.then(nothing, nothing));
  return work;
};
