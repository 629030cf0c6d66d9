import type { AttemptRequest, ExecutorHealth } from "../src/wire/attempt.ts";
import { type Attempt, type AttemptTools, createAttempt } from "./attempt.ts";
import { shortId } from "./log.ts";
import { infrastructure, killedFor } from "./verdict.ts";

/** How many ended attempts are remembered, so that a request that comes late again starts nothing. */
const REMEMBERED = 10_000;

export type Admission = "accepted" | "busy" | "draining";

export interface Attempts {
  /** Takes an attempt, or knows it already. */
  admit(request: AttemptRequest): Admission;
  /** False for an attempt that is not held; one that has ended counts as held. */
  cancel(attemptId: string): boolean;
  load(): ExecutorHealth["slots"];
  /** Refuses what comes, ends what runs as `infrastructure`, and settles when all of it is reported. */
  drain(): Promise<void>;
  isDraining(): boolean;
}

interface Held {
  readonly id: string;
  readonly attempt: Attempt;
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

/** Holds attempts: up to `slots` run at once, up to `backlog` wait for a slot in the order they came. */
export const createAttempts = (
  tools: AttemptTools,
  { slots, backlog }: { readonly slots: number; readonly backlog: number },
): Attempts => {
  const held = new Map<string, Held>();
  /** Attempts that only upload or report hold no slot, but they do hold memory and disk. */
  const capacity = 4 * slots + backlog;
  const ended = createMemory();
  const running = new Set<Promise<void>>();
  let waiting: Held[] = [];
  let busy = 0;
  let draining = false;

  const begin = (entry: Held, onSandboxGone: () => void): Promise<void> => {
    const done = entry.attempt.run(onSandboxGone).finally(() => {
      held.delete(entry.id);
      ended.add(entry.id);
      running.delete(done);
    });
    running.add(done);
    return done;
  };
  const beginInSlot = (entry: Held): void => {
    let holdsSlot = true;
    busy += 1;
    const free = (): void => {
      if (!holdsSlot) return;
      holdsSlot = false;
      busy -= 1;
      startWaiting();
    };
    void begin(entry, free).then(free);
  };
  const startWaiting = (): void => {
    while (busy < slots) {
      const next = waiting.shift();
      if (next === undefined) return;
      beginInSlot(next);
    }
  };
  /** An attempt that still waits needs no slot to say that it was stopped. */
  const stop = (entry: Held, ending: Parameters<Attempt["stop"]>[0]): void => {
    entry.attempt.stop(ending);
    if (!waiting.includes(entry)) return;
    waiting = waiting.filter((other) => other !== entry);
    void begin(entry, () => undefined);
  };

  return {
    admit: (request) => {
      const { attemptId } = request;
      if (held.has(attemptId) || ended.has(attemptId)) return "accepted";
      if (draining) return "draining";
      const isFull = (waiting.length >= backlog && busy >= slots) || held.size >= capacity;
      if (isFull) return "busy";
      const entry = { id: attemptId, attempt: createAttempt(request, tools) };
      held.set(attemptId, entry);
      tools.log("attempt_accepted", { attempt: shortId(attemptId), waiting: waiting.length });
      waiting.push(entry);
      startWaiting();
      return "accepted";
    },
    cancel: (attemptId) => {
      const entry = held.get(attemptId);
      if (entry !== undefined) stop(entry, killedFor("cancelled"));
      return entry !== undefined || ended.has(attemptId);
    },
    load: () => ({ total: slots, busy, waiting: waiting.length, backlog }),
    drain: async () => {
      draining = true;
      for (const entry of [...held.values()]) stop(entry, infrastructure("stopped"));
      await Promise.all(running);
    },
    isDraining: () => draining,
  };
};
