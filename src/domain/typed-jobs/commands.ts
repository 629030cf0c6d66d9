import { z } from "zod";
import {
  CLAIM_LEASE_SECONDS,
  type CommandOutcome,
  type FieldError,
  fieldErrors,
  leaseSeconds,
} from "../../wire/typed-jobs.ts";
import type { Cursor } from "./cursor.ts";
import { isJobId, JOB_STATUSES, type TypedJob } from "./job.ts";
import { isReachable, type WriteGuard } from "./lifecycle.ts";
import type { TypedJobHandle, TypedJobObjects, TypedJobRows, WriteOutcome } from "./ports.ts";
import { validatePayload } from "./validate.ts";
import { jobView, readJob } from "./view.ts";

export type CommandContext = {
  /** Whose jobs there are for the caller; null for those of all. */
  readonly owner: string | null;
  readonly objects: TypedJobObjects;
  readonly rows: TypedJobRows;
  readonly response: z.ZodType;
  readonly strict: boolean;
  /** The lease of a job whose worker names none; null lets it take its time. */
  readonly staleAfterSeconds: number | null;
};

/** How a write went, for every face; `unfit` and `too_large` left the job alone. */
export type Written = WriteOutcome | { readonly kind: "unfit"; readonly errors: readonly FieldError[] };

const strings = z.array(z.string()).nullable().optional();

/** What PATCH sets and appends; nothing of it is a heartbeat, which renews the lease alone. */
export const patchForm = z.object({
  status: z
    .enum(JOB_STATUSES)
    .optional()
    .meta({ examples: ["processing"] }),
  errors: strings,
  warnings: strings,
  staleAfterSeconds: leaseSeconds.optional(),
});

/** What a worker that asks for work may say. */
export const claimForm = z.object({ staleAfterSeconds: leaseSeconds.optional() });

/** The job's object; null for an id that we never gave, which must not make an object. */
const handleOf = ({ objects }: CommandContext, jobId: string): TypedJobHandle | null =>
  isJobId(jobId) ? objects.byId(jobId) : null;

const guardOf = ({ strict, owner }: CommandContext, versions: WriteGuard["versions"]): WriteGuard => ({
  versions,
  strict,
  owner,
});

const NOT_FOUND = { kind: "not_found" } as const;

export const readOne = async (context: CommandContext, jobId: string): Promise<TypedJob | null> => {
  const job = (await handleOf(context, jobId)?.read()) ?? null;
  return job !== null && isReachable(job, context.owner) ? job : null;
};

/** Deletes the job with all that it holds; false where there is none for the caller. */
export const removeJob = async (context: CommandContext, jobId: string): Promise<boolean> =>
  (await handleOf(context, jobId)?.remove(context.owner)) ?? false;

/** Completes the job with a result that fits the model, and appends warnings in the same write. */
export const submitResult = async (
  context: CommandContext,
  jobId: string,
  payload: unknown,
  warnings: readonly string[] | null,
  versions: WriteGuard["versions"] = null,
): Promise<Written> => {
  const notes = strings.safeParse(warnings);
  if (!notes.success) return { kind: "unfit", errors: fieldErrors(notes.error, ["warnings"]) };
  const result = await validatePayload(context.response, payload);
  if (result.kind !== "fits") return result;
  const change = { payload: result.json, warnings: notes.data ?? null };
  return (await handleOf(context, jobId)?.complete(change, guardOf(context, versions))) ?? NOT_FOUND;
};

const msOf = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1_000);

/** Sets the status where one is given, appends notes, and renews the lease. */
export const patchJob = async (
  context: CommandContext,
  jobId: string,
  body: unknown,
  { fillsNulls, versions = null }: { fillsNulls: boolean; versions?: WriteGuard["versions"] },
): Promise<Written> => {
  const parsed = patchForm.safeParse(body);
  if (!parsed.success) return { kind: "unfit", errors: fieldErrors(parsed.error) };
  const { status = null, errors = null, warnings = null, staleAfterSeconds } = parsed.data;
  const fallback = status === "processing" ? context.staleAfterSeconds : null;
  const leaseMs = msOf(staleAfterSeconds ?? fallback);
  const change = { status, errors, warnings, fillsNulls: fillsNulls && status !== null, leaseMs };
  return (await handleOf(context, jobId)?.patch(change, guardOf(context, versions))) ?? NOT_FOUND;
};

/** So many waiting jobs are looked at in one go; others may be faster at each. */
const LOOK_AT = 8;
const LOOKS = 16;

/**
 * Takes the oldest job that waits for a worker; null when none does. The job's object decides who gets it;
 * a row whose object is gone is deleted on the way.
 */
export const claimJob = async (
  context: CommandContext,
  staleAfterSeconds: number | undefined,
): Promise<TypedJob | null> => {
  const seconds = staleAfterSeconds ?? context.staleAfterSeconds ?? CLAIM_LEASE_SECONDS;
  let after: Cursor | null = null;
  for (let look = 0; look < LOOKS; look += 1) {
    const waiting: readonly Cursor[] = await context.rows.waiting(after, LOOK_AT, context.owner);
    for (const row of waiting) {
      const handle = context.objects.byId(row.jobId);
      const job = await handle.claim(seconds * 1_000);
      if (job !== null) return job;
      if ((await handle.read()) === null) await context.rows.remove(row);
    }
    after = waiting.at(-1) ?? null;
    if (waiting.length < LOOK_AT) return null;
  }
  return null;
};

/** What a caller over RPC is told of a write. */
export const commandOutcome = (outcome: Written, zone: string): CommandOutcome => {
  switch (outcome.kind) {
    case "written":
      return { kind: "job", job: jobView(readJob(outcome.job), zone) };
    case "stale":
    case "terminal":
      return { kind: "conflict", job: jobView(readJob(outcome.job), zone) };
    default:
      return outcome;
  }
};
