import { z } from "zod";
import { createApp, jobsEntrypoint } from "../../../src/jobs.ts";

export { TypedJobObject } from "../../../src/jobs.ts";

const request = z.object({ text: z.string().min(1) });
const result = z.object({ words: z.array(z.string()), result_count: z.int() });

const jobs = createApp(request, result, undefined, { queue: "JOBS_QUEUE" });
export class JobsEntrypoint extends jobsEntrypoint(jobs) {}
export default jobs;
