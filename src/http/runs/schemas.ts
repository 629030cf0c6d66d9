import { z } from "@hono/zod-openapi";
import { logRecords, problem, runLogs, runOutputs, runReport, submitted } from "../../wire/run-answers.ts";

/**
 * Gives a schema its name in the API description. The shared schemas know nothing of OpenAPI, which
 * extends only instances made after it was loaded: hence the clone.
 */
export const named = <T extends z.ZodType>(name: string, schema: T): T => schema.clone().openapi(name);

export const problemSchema = named("Problem", problem);
export const submittedSchema = named("Submitted", submitted);
export const statusSchema = named("RunStatusReport", runReport);
export const logsSchema = named("Logs", runLogs);
export const logRecordsSchema = named("LogRecords", logRecords);
export const outputsSchema = named("Outputs", runOutputs);

export const runIdParam = z.object({
  id: z.string().openapi({
    description: "The job's id. Whoever holds it holds the job.",
    example: `job-${"0".repeat(32)}`,
  }),
});

/** Response entry of an error status for a contract. */
export const problemResponse = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

export const jsonResponse = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { "application/json": { schema } },
});

export const unknownJob = { 404: problemResponse("No such job") };
