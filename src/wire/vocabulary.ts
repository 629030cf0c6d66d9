import { z } from "zod";

/** Programs that can run an entrypoint; `python` is an alias that the Worker resolves before it dispatches. */
export const interpreter = z.enum(["python3", "node", "bash", "sh"]);
export type Interpreter = z.infer<typeof interpreter>;

/** Why a job ended. */
export const terminationReason = z.enum([
  "exit",
  "timeout_wall",
  "timeout_cpu",
  "memory",
  "output_limit",
  "signal",
  "compile_error",
  "cancelled",
  "bad_input",
  "infrastructure",
]);
export type TerminationReason = z.infer<typeof terminationReason>;

export const logStream = z.enum(["stdout", "stderr"]);
export type LogStream = z.infer<typeof logStream>;

/** 1: uid drop, namespaces, seccomp, cgroups. 2: the same without cgroups. 0: none, only by explicit choice. */
export const isolationLevel = z.union([z.literal(0), z.literal(1), z.literal(2)]);
export type IsolationLevel = z.infer<typeof isolationLevel>;

/** An environment's name: a folder name under `executor/environments/`. */
export const environmentName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

/**
 * An attempt's id: the job object's id, a dot, and 128 random bits. It lets a report find its object
 * without the executor ever knowing the job id, which is the client's secret.
 */
export const attemptId = z.string().regex(/^[0-9a-f]{64}\.[0-9a-f]{32}$/);

/** Bearer token of one attempt on one executor; who made it alone knows its form. */
export const attemptToken = z.string().regex(/^[A-Za-z0-9._-]{43,300}$/);

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
