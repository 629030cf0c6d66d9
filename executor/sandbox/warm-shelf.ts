import type { Shape } from "./profile.ts";
import type { Sandbox } from "./sandbox.ts";

/** Shapes that are kept warm at once; the one that was not asked for the longest goes first. */
const MAX_SHAPES = 10;
/** However many are about to be asked for, so many idle ones are enough to be ahead of a job. */
const MOST_EXPECTED = 16;
/** For a shape that jobs asked for without being announced. */
const UNANNOUNCED_COUNT = 1;

interface Kept {
  readonly shape: Shape;
  readonly count: number;
  readonly announced: boolean;
  readonly idle: Sandbox[];
  /** Sandboxes that jobs under way are about to ask for. */
  expected: number;
}

export interface WarmShelf {
  /** A sandbox that is ready, which from now on is the caller's; null when there is none. */
  take(shape: Shape): Sandbox | null;
  want(shape: Shape, count: number): void;
  /** So many more, or fewer, are about to be asked for one after the other. */
  expect(shape: Shape, count: number): void;
  /** Starts what is missing, one after the other. */
  refill(): void;
  /** Lets one idle sandbox end, to make room. */
  dismissOldest(): void;
}

const keyOf = ({ workspaceBytes, root, layer }: Shape): string =>
  JSON.stringify([workspaceBytes, root, layer?.source ?? null]);

/** Idle sandboxes by shape. A sandbox is handed out once and never comes back. */
export const createWarmShelf = (starter: {
  readonly start: (shape: Shape) => Sandbox;
  readonly hasRoom: () => boolean;
}): WarmShelf => {
  /** In the order of last use. */
  const kept = new Map<string, Kept>();
  let starting = false;

  const dismiss = (entry: Kept): void => {
    for (const sandbox of entry.idle.splice(0)) sandbox.orders.end();
  };
  const forgetUnused = (): void => {
    const oldest = [...kept].find(([, { announced }]) => !announced);
    if (kept.size <= MAX_SHAPES || oldest === undefined) return;
    kept.delete(oldest[0]);
    dismiss(oldest[1]);
  };
  const use = (shape: Shape): Kept => {
    const key = keyOf(shape);
    const entry = kept.get(key) ?? {
      shape,
      count: UNANNOUNCED_COUNT,
      announced: false,
      idle: [],
      expected: 0,
    };
    kept.delete(key);
    kept.set(key, entry);
    forgetUnused();
    return entry;
  };
  const drop = (entry: Kept, sandbox: Sandbox): void => {
    const at = entry.idle.indexOf(sandbox);
    if (at >= 0) entry.idle.splice(at, 1);
  };
  const startOne = (entry: Kept): void => {
    starting = true;
    const sandbox = starter.start(entry.shape);
    let isReady = false;
    const settle = (ready: boolean): void => {
      if (isReady) return;
      isReady = true;
      starting = false;
      if (ready) entry.idle.push(sandbox);
      // One that does not even start would be tried for ever: the next job finds out instead.
      if (ready) refill();
    };
    sandbox.onRecord = ({ kind }) => {
      if (kind === "ready") settle(true);
    };
    void sandbox.ended.then(() => {
      settle(false);
      drop(entry, sandbox);
    });
  };
  const refill = (): void => {
    if (starting || !starter.hasRoom()) return;
    const missing = [...kept.values()]
      .reverse()
      .find(({ idle, count, expected }) => idle.length < Math.max(count, Math.min(expected, MOST_EXPECTED)));
    if (missing !== undefined) startOne(missing);
  };

  return {
    take: (shape) => use(shape).idle.shift() ?? null,
    want: (shape, count) => {
      kept.set(keyOf(shape), { shape, count, announced: true, idle: [], expected: 0 });
    },
    expect: (shape, count) => {
      use(shape).expected += count;
    },
    refill,
    dismissOldest: () => {
      const entry = [...kept.values()].find(({ idle }) => idle.length > 0);
      entry?.idle.shift()?.orders.end();
    },
  };
};
