import type { Deps } from "../deps/types.ts";
import type { PoolEntry } from "../domain/pool/types.ts";
import type { JobHandle } from "../domain/ports/job-objects.ts";
import type { Workload } from "../domain/workloads/types.ts";
import { runFunction } from "./function-runner.ts";
import { dispatchMessage, poolMessage } from "./message.ts";

/** What could not be handed over is handed over again after this. */
const RETRY_SECONDS = 3;

/** What messages are handled with: the adapters, and the workloads whose functions run here. */
export type DispatchDeps = Deps & { readonly workloads: readonly Workload[] };

type Handed = { readonly message: Message<unknown>; readonly entry: PoolEntry };

/** The job that a message names, if it is there; a message of an older version names nothing more. */
const jobOf = (deps: Deps, message: Message<unknown>): JobHandle | null => {
  const body = dispatchMessage.safeParse(message.body);
  const job = body.success ? deps.jobs.byObjectId(body.data.objectId) : null;
  if (job === null) deps.log.error("dispatch.bad_message", "the message names no job");
  return job;
};

const entryOf = async (deps: Deps, message: Message<unknown>): Promise<PoolEntry | null> => {
  const whole = poolMessage.safeParse(message.body);
  return whole.success ? whole.data : ((await jobOf(deps, message)?.poolEntry()) ?? null);
};

/**
 * Hands a batch of queued programs to the pool in one call. What it has is acknowledged: it is stored, or an
 * executor took it.
 */
export const consumeDispatch = async (deps: Deps, messages: readonly Message<unknown>[]): Promise<void> => {
  try {
    const handed: Handed[] = [];
    for (const message of messages) {
      const entry = await entryOf(deps, message);
      if (entry === null) message.ack();
      else handed.push({ message, entry });
    }
    if (handed.length > 0) await deps.pool.place(handed.map(({ entry }) => entry));
    for (const { message } of handed) message.ack();
  } catch (error) {
    deps.log.error("dispatch.failed", error);
    for (const message of messages) message.retry({ delaySeconds: RETRY_SECONDS });
  }
};

const startFunction = async (deps: DispatchDeps, message: Message<unknown>): Promise<void> => {
  try {
    const job = jobOf(deps, message);
    const run = (await job?.startFunction()) ?? null;
    if (job !== null && run !== null) await runFunction(deps, deps.workloads, job, run);
    message.ack();
  } catch (error) {
    deps.log.error("dispatch.failed", error);
    message.retry({ delaySeconds: RETRY_SECONDS });
  }
};

/** Runs the functions of workloads that a batch names; each message is acknowledged or retried for itself. */
export const consumeFunctions = async (
  deps: DispatchDeps,
  messages: readonly Message<unknown>[],
): Promise<void> => {
  await Promise.all(messages.map((message) => startFunction(deps, message)));
};
