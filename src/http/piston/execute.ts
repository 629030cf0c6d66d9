import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { blockedText } from "../../domain/access/block.ts";
import { isTerminal } from "../../domain/job/state.ts";
import type { JobHandle } from "../../domain/ports/job-objects.ts";
import { parseStrictJson, utf8Text } from "../../domain/strict-json.ts";
import { acceptRun } from "../../domain/submission/accept-run.ts";
import type { SubmissionOutcome } from "../../domain/submission/types.ts";
import { bodyOf, readBytes } from "../kit/body.ts";
import type { DoorCaller } from "../kit/door-caller.ts";
import { answerWhenDone } from "../kit/hang-up.ts";
import { refuseCoding } from "../kit/json-body.ts";
import { traceOf } from "../kit/trace.ts";
import { rateLimitHeaders } from "../runs/rate-limit-headers.ts";
import { programOf } from "./program.ts";
import { type Execution, readExecution } from "./request.ts";
import { runtimesOf } from "./runtimes.ts";
import { stagesOf } from "./stages.ts";

const BODY_BYTES = 1_048_576;
/** Waiting for room, beside the time of both stages. */
const QUEUE_MS = 60_000;

const message = (c: Context, status: 400 | 403 | 413 | 415 | 429 | 503, text: string): Response =>
  c.json({ message: text }, status);

/** The body as a JSON object, whatever its content type says: published clients send none. */
const objectOf = async (c: Context): Promise<Record<string, unknown> | Response> => {
  const coded = refuseCoding(c);
  if (coded !== null) return message(c, 415, coded.message);
  const bytes = await readBytes(bodyOf(c), BODY_BYTES);
  if (bytes === null) return message(c, 413, `request entity too large; a body ends at ${BODY_BYTES} bytes`);
  const json = parseStrictJson(utf8Text(bytes) ?? "");
  const value = json.kind === "value" ? json.value : null;
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  return message(c, 400, "The body must be a JSON object");
};

const refusal = (c: Context, outcome: Exclude<SubmissionOutcome, { kind: "accepted" }>): Response => {
  switch (outcome.kind) {
    case "over_quota": {
      const { usage } = outcome;
      for (const [name, value] of Object.entries(rateLimitHeaders(usage))) c.header(name, value);
      c.header("Retry-After", String(usage.refusal?.retryAfterSeconds ?? 1));
      return message(c, 429, usage.refusal?.reason ?? "Too many requests");
    }
    case "bad_upload":
      return message(c, 400, outcome.refusal.message);
    case "bad_fields":
      return message(c, 400, outcome.errors.map((error) => error.message).join("; "));
    case "blocked":
      return message(c, 403, blockedText(outcome.reason));
    case "no_room":
      c.header("Retry-After", "5");
      return message(c, 503, "No executor is free; try again");
  }
};

/** Waits for the end; what takes too long is ended. */
const ended = async (job: JobHandle, { times }: Execution) => {
  const snapshot = await job.waitForEnd(QUEUE_MS + times.compile_timeout + times.run_timeout);
  if (snapshot !== null && !isTerminal(snapshot.state)) await job.cancel();
  return { snapshot: (await job.snapshot()) ?? snapshot, cases: (await job.cases(0, 1)) ?? [] };
};

export const execute = async (
  c: Context,
  deps: Deps,
  { owner, clientKey }: DoorCaller,
): Promise<Response> => {
  const given = await objectOf(c);
  if (given instanceof Response) return given;
  const { languages } = await deps.pool.capabilities();
  const read = readExecution(given, runtimesOf(languages), deps.doors);
  if (read.kind === "wrong") return message(c, 400, read.message);
  const { execution } = read;
  const source = programOf(execution, deps.doors.outputBytes);
  if (source === null) return message(c, 400, "a file's name must stay below the folder and come once");
  const id = deps.ids.jobId();
  const door = { name: "piston" as const, data: new Uint8Array() };
  const outcome = await acceptRun(deps, { id, owner, clientKey, source, door, trace: traceOf(c) });
  if (outcome.kind !== "accepted") return refusal(c, outcome);
  const job = deps.jobs.byId(id);
  const work = async () => {
    const { snapshot, cases } = await ended(job, execution);
    const { runtime } = execution;
    const stages = stagesOf(snapshot ?? outcome.snapshot, cases, deps.doors.outputBytes);
    return { ...stages, language: runtime.name, version: runtime.version };
  };
  return answerWhenDone(c, 200, work(), () => job.cancel());
};
