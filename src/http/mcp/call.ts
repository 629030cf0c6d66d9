import type { ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { isRunId } from "../../domain/runs/job-id.ts";
import type { Following } from "./follow.ts";
import { toolError } from "./run-answer.ts";

/** What the tools of one request act through. */
export type AgentCall = {
  readonly deps: Deps;
  readonly caller: Caller;
  /** Whose quota runs count against. */
  readonly clientKey: string;
  readonly session: string | null;
  /** As the header `traceparent` says it. */
  readonly trace: string;
  /** Logs what a tool failed with, and says what the agent is told of it. */
  readonly failed: (error: unknown) => string;
  /** Lets what must not be lost go on when the client has gone. */
  readonly finish: (work: Promise<unknown>) => void;
};

/** Most clients give up after 60 s without an answer. */
const WAIT_SECONDS = { initial: 50, max: 300 };
/** Of a piece of output that is told as progress. */
const PROGRESS_CHARS = 2_000;

export const waitSeconds = z.number().min(0).max(WAIT_SECONDS.max).default(WAIT_SECONDS.initial).meta({
  description:
    "Seconds to wait for the end of the run; then the answer says how far it is. The run goes on meanwhile.",
});

export const jobId = z.string().meta({ description: "The job_id of a run." });

/** The run that a tool's argument names, or null for a text that cannot be an id. */
export const runOf = ({ deps }: AgentCall, id: string): JobHandle | null => {
  const known = id.trim().toLowerCase();
  return isRunId(known) ? deps.jobs.byId(known) : null;
};

export const unknownRun = () =>
  toolError("There is no such run: the id is wrong, or the run was deleted after its retention.");

/** Tells the client of progress, if it asked for it: what the program prints, piece by piece. */
export const followingOf = (ctx: ServerContext, seconds: number): Following => {
  const { _meta: meta, signal, notify } = ctx.mcpReq;
  const progressToken = meta?.progressToken;
  if (progressToken === undefined) return { waitMs: seconds * 1_000, signal, tell: null };
  let progress = 0;
  const tell = async (text: string): Promise<void> => {
    progress += 1;
    const message = text.slice(-PROGRESS_CHARS).toWellFormed();
    const params = { progressToken, progress, message };
    // A client that went away is told nothing more; its signal ends the wait.
    await notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
  return { waitMs: seconds * 1_000, signal, tell };
};
