import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { Hello, RefusalReason } from "../src/wire/pool.ts";
import { type Attempt, type AttemptTools, createAttempt } from "./attempt.ts";
import { attemptFields } from "./log.ts";
import { killedFor, stopped } from "./verdict.ts";

/** How many ended attempts are remembered, so that an offer that comes late again starts nothing. */
const REMEMBERED = 10_000;
/** Attempts that only upload or report hold no slot, but they do hold memory and disk. */
const HELD_PER_SLOT = 4;

/** The attempts that this executor has taken. */
export interface Holding {
  /** Takes an attempt and starts it, or knows it already, or says why not. */
  take(request: AttemptRequest, memoryMb: number): "accepted" | RefusalReason;
  cancel(attemptId: string): void;
  /** What takes up slots and memory, as the pool counts it. */
  inSlots(): Hello["held"];
  load(): { readonly busy: number; readonly held: number };
  /** Settles when nothing is held any more, uploads and reports included. */
  whenEmpty(): Promise<void>;
  /** Ends everything at once; each attempt still reports that it was stopped. */
  stopAll(): void;
}

interface Held {
  readonly attempt: Attempt;
  readonly memoryMb: number;
  holdsSlot: boolean;
}

const createMemory = () => {
  const ids = new Set<string>();
  return {
    has: (id: string): boolean => ids.has(id),
    add: (id: string): void => {
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > REMEMBERED && oldest !== undefined) ids.delete(oldest);
    },
  };
};

/** Holds up to `slots` running attempts; `onReleased` is told when one gives its slot and memory back. */
export const createHolding = (
  tools: AttemptTools,
  slots: number,
  onReleased: (attemptId: string, memoryMb: number) => void,
): Holding => {
  const held = new Map<string, Held>();
  const ended = createMemory();
  let busy = 0;
  let whenEmpty: PromiseWithResolvers<void> | null = null;

  const release = (id: string, entry: Held): void => {
    if (!entry.holdsSlot) return;
    entry.holdsSlot = false;
    busy -= 1;
    onReleased(id, entry.memoryMb);
  };
  const end = (id: string, entry: Held): void => {
    release(id, entry);
    held.delete(id);
    ended.add(id);
    if (held.size === 0) whenEmpty?.resolve();
  };

  return {
    take: (request, memoryMb) => {
      const { attemptId } = request;
      if (held.has(attemptId) || ended.has(attemptId)) return "accepted";
      if (tools.environments.find(request.program.environment) === null) return "environment";
      if (busy >= slots || held.size >= HELD_PER_SLOT * slots) return "busy";
      const entry: Held = { attempt: createAttempt(request, tools), memoryMb, holdsSlot: true };
      held.set(attemptId, entry);
      busy += 1;
      tools.log("attempt_accepted", { ...attemptFields(request), busy });
      // After the answer: what begins here takes the event loop for a moment.
      setImmediate(() => {
        void entry.attempt.run(() => release(attemptId, entry)).finally(() => end(attemptId, entry));
      });
      return "accepted";
    },
    cancel: (attemptId) => held.get(attemptId)?.attempt.stop(killedFor("cancelled")),
    inSlots: () =>
      [...held].flatMap(([attempt_id, { holdsSlot, memoryMb: memory_mb }]) =>
        holdsSlot ? [{ attempt_id, memory_mb }] : [],
      ),
    load: () => ({ busy, held: held.size }),
    whenEmpty: () => {
      if (held.size === 0) return Promise.resolve();
      whenEmpty ??= Promise.withResolvers();
      return whenEmpty.promise;
    },
    stopAll: () => {
      for (const { attempt } of [...held.values()]) attempt.stop(stopped);
    },
  };
};
