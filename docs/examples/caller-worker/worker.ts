import { z } from "zod";
import { JobsClient, type JobsTransport } from "../../../src/client/jobs.ts";

const call = z.object({
  method: z.enum(["getJob", "submitResult", "setStatus", "markError", "addWarnings"]),
  args: z.array(z.unknown()),
  bestEffort: z.boolean(),
});

/** Does on its service binding what it is told over HTTP, so that a test sees the client from inside a Worker. */
export default {
  fetch: async (request, env) => {
    const { method, args, bestEffort } = call.parse(await request.json());
    const client = new JobsClient(env.JOBS, { bestEffort });
    try {
      const job: unknown = await (client[method] as (...args: unknown[]) => Promise<unknown>).apply(
        client,
        args,
      );
      return Response.json({ job });
    } catch (error) {
      return Response.json({ error: error instanceof Error ? error.name : "unknown" });
    }
  },
} satisfies ExportedHandler<{ JOBS: JobsTransport }>;
