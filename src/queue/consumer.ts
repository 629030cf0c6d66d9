import type { Deps } from "../deps.ts";
import type { FunctionRun, JobHandle } from "../domain/ports.ts";
import { dispatchMessage } from "./message.ts";

/** An executor that cannot be reached is asked again after this. */
const UNREACHABLE_RETRY_SECONDS = 3;

/** Where a workload's functions run; a deployment without workloads has none. */
const runFunction = async (_deps: Deps, job: JobHandle, run: FunctionRun): Promise<Verdict> => {
  await job.failAttempt(run.attemptId, `no workload ${run.name} is declared`);
  return "done";
};

type Verdict = "done" | { readonly retryAfterSeconds: number };

/** Hands one queued job to an executor; a job that is not queued any more needs nothing. */
const dispatch = async (deps: Deps, job: JobHandle): Promise<Verdict> => {
  const start = await job.startAttempt();
  if (start.kind === "idle") return "done";
  if (start.kind === "function") return runFunction(deps, job, start.run);
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

const handle = async (deps: Deps, message: Message<unknown>): Promise<void> => {
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

/** Takes a batch of the dispatch queue; each message is acknowledged or retried for itself. */
export const consumeDispatch = async (deps: Deps, messages: readonly Message<unknown>[]): Promise<void> => {
  await Promise.all(messages.map((message) => handle(deps, message)));
};
