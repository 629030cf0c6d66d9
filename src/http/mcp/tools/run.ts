import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { filesSource, jsonSource } from "../../../domain/submission/source.ts";
import { jsonSubmission, manifest } from "../../../wire/run-submission.ts";
import { type AgentCall, waitSeconds } from "../call.ts";
import { runAnswerSchema, toolError } from "../run-answer.ts";
import { submitAndWait } from "../submit.ts";

const annotations = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };

const file = z.object({
  path: z.string().meta({ description: "Relative, such as src/main.py." }),
  content: z.string(),
  encoding: z.enum(["utf-8", "base64"]).default("utf-8"),
});

const bytesOf = ({ content, encoding }: z.infer<typeof file>): Uint8Array | null => {
  if (encoding === "utf-8") return new TextEncoder().encode(content);
  const parsed = z.base64().safeParse(content.replace(/\s/g, ""));
  return parsed.success ? Uint8Array.from(atob(parsed.data), (char) => char.charCodeAt(0)) : null;
};

/** The files' bytes; a text where one is not what its encoding says. */
const decoded = (files: readonly z.infer<typeof file>[]) => {
  const named = [];
  for (const one of files) {
    const bytes = bytesOf(one);
    if (bytes === null) return `The content of ${one.path} is not base64`;
    named.push({ path: one.path, bytes });
  }
  return named;
};

/** The tools that run programs. Members that no manifest knows are kept, so that they are refused by name. */
export const addRunTools = (server: McpServer, call: AgentCall): void => {
  server.registerTool(
    "run_code",
    {
      title: "Run a program",
      description:
        "Runs one source file in a sandbox without network and answers with what it printed, its exit code and " +
        "the files that it made in its working folder. A program that fails is an answer, not an error.",
      inputSchema: z.looseObject({ ...jsonSubmission.shape, wait_seconds: waitSeconds }),
      outputSchema: runAnswerSchema,
      annotations,
    },
    ({ wait_seconds: seconds, ...submission }, ctx) =>
      submitAndWait(call, ctx, jsonSource(submission, JSON.stringify(submission)), seconds),
  );
  server.registerTool(
    "run_files",
    {
      title: "Run a project of several files",
      description:
        "As run_code, for a program with further files: data, modules, a job.json. Name the file to start as " +
        "entrypoint, or call it main.py, index.js or run.sh.",
      inputSchema: z.looseObject({
        files: z.array(file).min(1),
        ...manifest.shape,
        wait_seconds: waitSeconds,
      }),
      outputSchema: runAnswerSchema,
      annotations,
    },
    ({ wait_seconds: seconds, files, ...rest }, ctx) => {
      const named = decoded(files);
      if (typeof named === "string") return toolError(named);
      return submitAndWait(call, ctx, filesSource(named, JSON.stringify(rest)), seconds);
    },
  );
};
