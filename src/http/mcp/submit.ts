import type { ServerContext } from "@modelcontextprotocol/server";
import { blockedText } from "../../domain/access/block.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import type { SubmissionSource } from "../../domain/submission/source.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import { type AgentCall, followingOf } from "./call.ts";
import { followRun } from "./follow.ts";
import { runResult, toolError } from "./run-answer.ts";
import { newRunId } from "./session.ts";

/** Fields whose values the service has lists of. */
const CHOICES: ReadonlySet<string> = new Set(["language", "environment"]);

const refusalText = (outcome: Exclude<SubmissionOutcome, { kind: "accepted" }>): string => {
  switch (outcome.kind) {
    case "over_quota": {
      const { refusal } = outcome.usage;
      return `Rate limit exceeded: ${refusal?.reason ?? ""}. Try again in ${refusal?.retryAfterSeconds ?? 1} s.`;
    }
    case "bad_upload":
      return outcome.refusal.message;
    case "bad_fields":
      return [
        ...outcome.errors.map(({ field, message, isSentence }) =>
          isSentence || field === "" ? message : `${field} ${message}`,
        ),
        ...(outcome.errors.some(({ field }) => CHOICES.has(field))
          ? ["list_environments says which environments and languages there are."]
          : []),
      ].join("\n");
    case "blocked":
      return blockedText(outcome.reason);
    case "no_room":
      return `Too many runs wait. Try again in ${outcome.retryAfterSeconds} s.`;
  }
};

/** Whoever asked for the run has gone or wants it no more, and may not even know its id. */
const stopOnAbort = (run: JobHandle, signal: AbortSignal, { finish }: AgentCall): void => {
  const stop = (): void => finish(run.cancel());
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
};

/** Submits a run and waits for it; a cancelled call cancels its run. */
export const submitAndWait = async (
  call: AgentCall,
  ctx: ServerContext,
  source: SubmissionSource,
  seconds: number,
) => {
  const { deps, caller, clientKey, session, trace } = call;
  const id = await newRunId(deps, session, ctx.mcpReq.id);
  const outcome = await acceptRun(deps, { id, owner: caller.owner, clientKey, source, trace });
  if (outcome.kind !== "accepted") return toolError(refusalText(outcome));
  const run = deps.jobs.byId(id);
  stopOnAbort(run, ctx.mcpReq.signal, call);
  const snapshot = await followRun(run, followingOf(ctx, seconds));
  return runResult(run, snapshot ?? outcome.snapshot, outcome.warnings);
};
