import { noteWork } from "./loop-watch.ts";

const LOOK_EVERY_MS = 50;
/** Looks that together took this long are enough for one turn of the event loop. */
const ROUND_MS = 5;

interface Watched {
  readonly look: () => void;
  dueMs: number;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let restUntilMs = 0;

const plan = (): void => {
  clearTimeout(timer);
  if (watched.size === 0) return;
  const firstMs = Math.min(...[...watched].map(({ dueMs }) => dueMs));
  timer = setTimeout(lookAround, Math.max(1, Math.max(firstMs, restUntilMs) - performance.now()));
};

const lookAround = (): void => {
  const startedMs = performance.now();
  noteWork("looking at what programs use");
  const due = [...watched].filter(({ dueMs }) => dueMs <= startedMs);
  for (const each of due.toSorted((left, right) => left.dueMs - right.dueMs)) {
    each.dueMs = performance.now() + LOOK_EVERY_MS;
    each.look();
    if (performance.now() - startedMs > ROUND_MS) break;
  }
  const endedMs = performance.now();
  restUntilMs = endedMs + (endedMs - startedMs);
  plan();
};

/**
 * Calls `look` after `firstMs` and then about every 50 ms, until the function that it answers is called. All
 * looks of the executor take turns, and rest as long as they took: a program with hundreds of processes makes
 * its own looks slow, and must not make those at other programs, or anything else, wait for them.
 */
export const lookInTurn = (look: () => void, firstMs: number): (() => void) => {
  const entry = { look, dueMs: performance.now() + firstMs };
  watched.add(entry);
  plan();
  return () => {
    watched.delete(entry);
  };
};
