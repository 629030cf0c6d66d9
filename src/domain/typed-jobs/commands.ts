import { z } from "zod";
import { type CommandOutcome, fieldErrors } from "../../wire/typed-jobs.ts";
import { isJobId, JOB_STATUSES, type JobStatus } from "./job.ts";
import type { Patch } from "./lifecycle.ts";
import type { TypedJobHandle, TypedJobObjects, WriteOutcome } from "./ports.ts";
import { validatePayload } from "./validate.ts";
import { jobView, readJob } from "./view.ts";

export type CommandContext = {
  readonly objects: TypedJobObjects;
  readonly zone: string;
  readonly response: z.ZodType;
  readonly strict: boolean;
};

const strings = z.array(z.string()).nullable();
const patchForm = z.object({ status: z.enum(JOB_STATUSES).nullable(), errors: strings, warnings: strings });

const handleOf = ({ objects }: CommandContext, jobId: string): TypedJobHandle | null =>
  isJobId(jobId) ? objects.byId(jobId) : null;

const outcomeOf = ({ zone }: CommandContext, outcome: WriteOutcome | undefined): CommandOutcome => {
  switch (outcome?.kind) {
    case undefined:
    case "not_found":
      return { kind: "not_found" };
    case "too_large":
      return { kind: "too_large" };
    case "written":
      return { kind: "job", job: jobView(readJob(outcome.job), zone) };
    case "stale":
    case "terminal":
      return { kind: "conflict", job: jobView(readJob(outcome.job), zone) };
  }
};

export const getJob = async (context: CommandContext, jobId: string): Promise<CommandOutcome> => {
  const job = (await handleOf(context, jobId)?.read()) ?? null;
  return job === null ? { kind: "not_found" } : { kind: "job", job: jobView(readJob(job), context.zone) };
};

/** Completes the job with a result that fits the model, and appends warnings in the same write. */
export const submitResult = async (
  context: CommandContext,
  jobId: string,
  payload: unknown,
  warnings: readonly string[] | null,
): Promise<CommandOutcome> => {
  const notes = strings.safeParse(warnings);
  if (!notes.success) return { kind: "unfit", errors: fieldErrors(notes.error, ["warnings"]) };
  const result = await validatePayload(context.response, payload);
  if (result.kind !== "fits") return result;
  const guard = { versions: null, strict: context.strict };
  const change = { payload: result.json, warnings: notes.data };
  return outcomeOf(context, await handleOf(context, jobId)?.complete(change, guard));
};

const write = async (
  context: CommandContext,
  jobId: string,
  change: Omit<Patch, "fillsNulls">,
): Promise<CommandOutcome> => {
  const parsed = patchForm.safeParse(change);
  if (!parsed.success) return { kind: "unfit", errors: fieldErrors(parsed.error) };
  const guard = { versions: null, strict: context.strict };
  const patch = { ...parsed.data, fillsNulls: false };
  return outcomeOf(context, await handleOf(context, jobId)?.patch(patch, guard));
};

/** Sets the status; notes are touched only if given (contract 13). */
export const setStatus = (
  context: CommandContext,
  jobId: string,
  status: JobStatus,
  {
    errors = null,
    warnings = null,
  }: { errors?: readonly string[] | null; warnings?: readonly string[] | null },
): Promise<CommandOutcome> => write(context, jobId, { status, errors, warnings });

/** Appends warnings and leaves the status as it is. */
export const addWarnings = (
  context: CommandContext,
  jobId: string,
  warnings: readonly string[],
): Promise<CommandOutcome> => write(context, jobId, { status: null, errors: null, warnings });
