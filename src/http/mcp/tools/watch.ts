import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { isTerminal } from "../../../domain/job/state.ts";
import type { LogPage } from "../../../domain/ports/job-objects.ts";
import { statusWord } from "../../../domain/status-words.ts";
import { type AgentCall, followingOf, jobId, runOf, unknownRun, waitSeconds } from "../call.ts";
import { followRun } from "../follow.ts";
import { runAnswerSchema, runResult } from "../run-answer.ts";

const READ_BYTES = { initial: 32_768, max: 262_144 };

/** The log with a line wherever it changes between stdout and stderr. */
const interleaved = ({ records }: LogPage): string => {
  let current = "stdout";
  return records
    .map(({ stream, data }) => {
      const mark = stream === current ? "" : `[${stream}]\n`;
      current = stream;
      return mark + data;
    })
    .join("");
};

const addGetRun = (server: McpServer, call: AgentCall): void => {
  server.registerTool(
    "get_run",
    {
      title: "See a run",
      description: "Waits for the end of a run and answers with what it printed and made, as run_code does.",
      inputSchema: z.object({ job_id: jobId, wait_seconds: waitSeconds }),
      outputSchema: runAnswerSchema,
      annotations: { readOnlyHint: true },
    },
    async ({ job_id: id, wait_seconds: seconds }, ctx) => {
      const run = runOf(call, id);
      const snapshot = run === null ? null : await followRun(run, followingOf(ctx, seconds));
      return run === null || snapshot === null ? unknownRun() : runResult(run, snapshot);
    },
  );
};

const addReadLog = (server: McpServer, call: AgentCall): void => {
  server.registerTool(
    "read_log",
    {
      title: "Read what a run printed",
      description:
        "stdout and stderr as they came, also while the run goes on. Pass `next` as `after` for what follows.",
      inputSchema: z.object({
        job_id: jobId,
        after: z.int().nonnegative().optional(),
        max_bytes: z.int().min(1).max(READ_BYTES.max).default(READ_BYTES.initial),
      }),
      outputSchema: z.object({
        job_id: z.string(),
        status: z.string(),
        text: z.string(),
        next: z.int(),
        more: z.boolean(),
        truncated: z.boolean(),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ job_id: id, after, max_bytes: maxBytes }) => {
      const page = (await runOf(call, id)?.logs(after ?? null, maxBytes)) ?? null;
      if (page === null) return unknownRun();
      const { snapshot, next, more, truncated } = page;
      const text = interleaved(page);
      const status = statusWord("runs", snapshot.state);
      const rest = more || !isTerminal(snapshot.state) ? `; after=${next} goes on` : ", and this is its end";
      const content = [
        { type: "text" as const, text },
        { type: "text" as const, text: `The run is ${status}${rest}.` },
      ];
      return { content, structuredContent: { job_id: snapshot.id, status, text, next, more, truncated } };
    },
  );
};

const addCancelRun = (server: McpServer, call: AgentCall): void => {
  server.registerTool(
    "cancel_run",
    {
      title: "Stop a run",
      description: "Stops a waiting or running run; what it printed and made until then stays.",
      inputSchema: z.object({ job_id: jobId }),
      outputSchema: runAnswerSchema,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    },
    async ({ job_id: id }) => {
      const run = runOf(call, id);
      const snapshot = (await run?.cancel()) ?? null;
      return run === null || snapshot === null ? unknownRun() : runResult(run, snapshot);
    },
  );
};

/** The tools that look at runs and stop them. */
export const addWatchTools = (server: McpServer, call: AgentCall): void => {
  addGetRun(server, call);
  addReadLog(server, call);
  addCancelRun(server, call);
};
