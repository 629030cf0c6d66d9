import type { PoolSummary } from "../domain/pool/summary.ts";
import type { Capabilities, PlaceOutcome, Pool } from "../domain/ports/pool.ts";

/** So long an isolate goes by what it knows of the pool; less while there is no executor, which changes soon. */
const FRESH_MS = 5_000;
const FRESH_EMPTY_MS = 500;

/** The pool object's methods as a stub offers them; its class fits this type, which a type test checks. */
export type PoolStub = Omit<Pool, "join"> & { fetch(request: Request): Promise<Response> };

/** There is one pool; its name is where more would begin. */
export const POOL_NAME = "default";

/** Headers that carry what the Worker has checked of an executor that joins. */
export const JOINING = {
  instance: "x-pool-instance",
  key: "x-pool-key",
  name: "x-pool-name",
  startToken: "x-pool-start-token",
} as const;

/**
 * A value that is fetched at most once in `FRESH_MS`; while one request fetches it, and where it cannot be
 * fetched, the others go by the value before.
 */
const cached = <T>(
  fetchIt: () => Promise<T>,
  isEmpty: (value: T) => boolean,
  now: () => number,
): (() => Promise<T>) => {
  let known: { readonly value: T; readonly atMs: number } | null = null;
  return async () => {
    const [before, atMs] = [known, now()];
    const freshMs = before !== null && isEmpty(before.value) ? FRESH_EMPTY_MS : FRESH_MS;
    if (before !== null && Math.abs(atMs - before.atMs) < freshMs) return before.value;
    if (before !== null) known = { ...before, atMs };
    try {
      const value = await fetchIt();
      known = { value, atMs };
      return value;
    } catch (error) {
      if (before === null) throw error;
      return before.value;
    }
  };
};

/** The pool by its binding. */
export const durablePool = (namespace: DurableObjectNamespace, now: () => number): Pool => {
  const stub = (): PoolStub => namespace.getByName(POOL_NAME) as unknown as PoolStub;
  return {
    place: (entries): Promise<readonly PlaceOutcome[]> => stub().place(entries),
    withdraw: (objectId, holder) => stub().withdraw(objectId, holder),
    watch: (objectId) => stub().watch(objectId),
    badSignature: (instance) => stub().badSignature(instance),
    summary: cached<PoolSummary>(
      () => stub().summary(),
      ({ status }) => status !== "joined",
      now,
    ),
    capabilities: cached<Capabilities>(
      () => stub().capabilities(),
      () => false,
      now,
    ),
    join: (request, { instance, key, name, startToken }) => {
      const headers = new Headers({ upgrade: "websocket", [JOINING.instance]: instance, [JOINING.key]: key });
      if (name !== null) headers.set(JOINING.name, name);
      if (startToken !== null) headers.set(JOINING.startToken, startToken);
      return stub().fetch(new Request(new URL("/join", request.url), { headers }));
    },
    view: () => stub().view(),
    drain: (instance) => stub().drain(instance),
    release: (instance) => stub().release(instance),
  };
};
