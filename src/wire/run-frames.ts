import { z } from "zod";
import { jobVerdict } from "./judging.ts";
import { caseReport, compileReport, logRecord, runStatus } from "./run-answers.ts";
import { terminationReason } from "./vocabulary.ts";

/** Where the job stands; `version` grows with every change that a client can see. */
export const statusFrame = z.object({
  type: z.literal("status"),
  status: runStatus,
  attempt: z.int(),
  version: z.int(),
});
export type StatusFrame = z.infer<typeof statusFrame>;

/** The last frame of a job that has ended; `last_seq` is the number of its last log record. */
export const endFrame = z.object({
  type: z.literal("end"),
  status: runStatus,
  exit_code: z.int().nullable(),
  termination_reason: terminationReason.nullable(),
  truncated: z.boolean(),
  verdict: jobVerdict.optional(),
  last_seq: z.int().nonnegative(),
});
export type EndFrame = z.infer<typeof endFrame>;

const numbered = { seq: z.int().positive(), at: z.int().nonnegative() };

/** The compile step has ended; its number is one of the log's. */
export const compileFrame = z.object({ type: z.literal("compile"), ...numbered, ...compileReport.shape });
export type CompileFrame = z.infer<typeof compileFrame>;

/** A case has ended, with the first 4 KiB that it printed to stdout. */
export const caseFrame = z.object({ type: z.literal("case"), ...numbered, ...caseReport.shape });
export type CaseFrame = z.infer<typeof caseFrame>;

/** What the program has used so far: sent while it runs, at most once a second; never stored, so never repeated. */
export const usageFrame = z.object({
  type: z.literal("usage"),
  cpu_seconds: z.number(),
  memory_peak_bytes: z.int().nullable(),
  wall_time_ms: z.int(),
});
export type UsageFrame = z.infer<typeof usageFrame>;

/** The run's place in the queue, 1 for the next: sent while it waits, at most once a second; never stored. */
export const queueFrame = z.object({ type: z.literal("queue"), position: z.int().positive() });
export type QueueFrame = z.infer<typeof queueFrame>;

/** Sent before the socket is closed with 4404. */
export const errorFrame = z.object({ type: z.literal("error"), error: z.string() });

/** A text frame of the protocol `sandpiper.v1`, parsed from JSON; a log record has no `type`. */
export const socketFrame = z.union([
  logRecord,
  z.discriminatedUnion("type", [
    statusFrame,
    compileFrame,
    caseFrame,
    usageFrame,
    queueFrame,
    endFrame,
    errorFrame,
  ]),
]);
export type SocketFrame = z.infer<typeof socketFrame>;
