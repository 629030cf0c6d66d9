import type { Deps } from "../deps/types.ts";
import type { JobHandle } from "../domain/ports/job-objects.ts";
import type { Workload } from "../domain/workloads/types.ts";
import { runFunction } from "./function-runner.ts";
import { dispatchMessage } from "./message.ts";

/** An executor that cannot be reached is asked again after this. */
const UNREACHABLE_RETRY_SECONDS = 3;

type Verdict = "done" | { readonly retryAfterSeconds: number };

/** What messages are handled with: the adapters, and the workloads whose functions run here. */
export type DispatchDeps = Deps & { readonly workloads: readonly Workload[] };

/** Hands one queued job to an executor, or runs its function; a job that is not queued needs nothing. */
const dispatch = async (deps: DispatchDeps, job: JobHandle): Promise<Verdict> => {
  const start = await job.startAttempt();
  if (start.kind === "idle") return "done";
  if (start.kind === "function") {
    await runFunction(deps, deps.workloads, job, start.run);
    return "done";
  }
  const outcome = await deps.executor.start(start.request);
  const { attemptId } = start.request;
  switch (outcome.kind) {
    case "accepted":
      return "done";
    case "busy":
      await job.releaseAttempt(attemptId);
      return { retryAfterSeconds: outcome.retryAfterSeconds };
    case "unreachable":
      deps.log.info("dispatch.unreachable", { message: outcome.message });
      await job.releaseAttempt(attemptId);
      return { retryAfterSeconds: UNREACHABLE_RETRY_SECONDS };
    case "refused":
      deps.log.error("dispatch.refused", outcome.message);
      await job.failAttempt(attemptId, outcome.message);
      return "done";
  }
};

const handle = async (deps: DispatchDeps, message: Message<unknown>): Promise<void> => {
  const body = dispatchMessage.safeParse(message.body);
  const job = body.success ? deps.jobs.byObjectId(body.data.objectId) : null;
  if (job === null) {
    deps.log.error("dispatch.bad_message", "the message names no job");
    return message.ack();
  }
  try {
    const verdict = await dispatch(deps, job);
    if (verdict === "done") message.ack();
    else message.retry({ delaySeconds: verdict.retryAfterSeconds });
  } catch (error) {
    deps.log.error("dispatch.failed", error);
    message.retry({ delaySeconds: UNREACHABLE_RETRY_SECONDS });
  }
};

/** Takes a batch of a dispatch queue; each message is acknowledged or retried for itself. */
export const consumeDispatch = async (
  deps: DispatchDeps,
  messages: readonly Message<unknown>[],
): Promise<void> => {
  await Promise.all(messages.map((message) => handle(deps, message)));
};
