import { z } from "zod";
import type { JobObject } from "../../durable/job-object.ts";
import type { TypedJobObject } from "../../durable/typed-job-object.ts";
import type { JobStub } from "../../src/adapters/job-objects.ts";
import type { TypedJobStub } from "../../src/adapters/typed-job-objects.ts";
import { JobsClient, type JobsTransport } from "../../src/client/jobs.ts";
import { createApp } from "../../src/http/jobs/create-app.ts";
import type { JobsEntrypoint } from "../../src/index.ts";

// Compiled, never run: each line that is expected to fail would fail the type check if it compiled.
const request = z.object({ url: z.string(), at: z.coerce.date(), size: z.int().default(1) });
const result = z.object({ text: z.string() });
const settings = z.object({ model: z.string().default("m") });

createApp(request, result, settings, {
  transformJobRequest: (payload) => {
    const url: string = payload.url;
    const size: number | undefined = payload.size;
    // @ts-expect-error the model has no such field
    const missing: unknown = payload.uri;
    return { url, at: payload.at, size: size ?? 2, missing };
  },
  onJobRequest: ({ jobId, job }) => {
    const id: string = jobId;
    const at: string = job.request_payload.at;
    const model: string = job.settings.model;
    const updated: string = job.settings.updated_datetime;
    const text: string | undefined = job.response_payload?.text;
    // @ts-expect-error a date is text in a job
    const date: Date = job.request_payload.at;
    // @ts-expect-error the settings have no such field
    const mode: unknown = job.settings.mode;
    // @ts-expect-error the status is one of seven
    const isDone = job.status === "done";
    return [id, at, model, updated, text, date, mode, isDone];
  },
});

createApp(request, result, undefined, {
  // @ts-expect-error the payload that is returned must fit the model
  transformJobRequest: () => ({ url: 7, at: new Date() }),
  onJobRequest: ({ job }) => {
    const none: null = job.settings;
    return none;
  },
});

// @ts-expect-error authorization answers with a Response or with nothing
createApp(request, result, undefined, { authorizeJobRequest: () => false });

// @ts-expect-error there is no such key
createApp(request, result, undefined, { sqsQueueUrl: "x" });

// @ts-expect-error models are object schemas
createApp(z.string(), result);

const client = new JobsClient({} as JobsTransport, { responseModel: result });
void client.submitResult("id", { text: "x" });
// @ts-expect-error the result does not fit the model
void client.submitResult("id", { text: 7 });
// @ts-expect-error no such status
void client.setStatus("id", "done");

/** The objects and the RPC face have the methods that their callers use. */
export const jobObjectFits = (object: JobObject): Awaitable<JobStub> => object;
export const objectFits = (object: TypedJobObject): Awaitable<TypedJobStub> => object;
export const entrypointFits = (entrypoint: JobsEntrypoint): JobsTransport => entrypoint;

type Awaitable<T> = {
  [Key in keyof T]: T[Key] extends (...args: infer Args) => Promise<infer Answer>
    ? (...args: Args) => Answer | Promise<Answer>
    : T[Key];
};
