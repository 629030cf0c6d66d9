import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { Deps } from "../../deps.ts";
import type { JobHandle, LogPage } from "../../domain/ports.ts";
import { statusWord } from "../../domain/status-words.ts";
import type { Operation } from "../operation.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { jsonResponse, logsSchema, runIdParam, unknownJob } from "./schemas.ts";

/** Log text asked of the job object at a time; calls between Workers end at 32 MiB. */
const PAGE_BYTES = 1_048_576;

/** All pages of a log from the newest attempt's first record on, as they stand now. */
async function* pagesOf(run: JobHandle, first: LogPage): AsyncGenerator<LogPage> {
  let page: LogPage | null = first;
  while (page !== null) {
    yield page;
    page = page.more ? await run.logs(page.next, PAGE_BYTES) : null;
  }
}

/** JSON is the answer to every client that does not ask for text: all shipped ones parse it (runs.md 0.5). */
const wantsText = (c: Context): boolean => {
  const format = c.req.query("format");
  if (format !== undefined) return format === "text";
  if (c.req.header("sec-fetch-mode") === "navigate") return true;
  const accepted = accepts(c, {
    header: "Accept",
    supports: ["application/json", "text/plain", "text/html"],
    default: "application/json",
  });
  return accepted !== "application/json";
};

const textOf = (run: JobHandle, first: LogPage): ReadableStream<Uint8Array> => {
  const pages = pagesOf(run, first);
  return new ReadableStream<string>({
    pull: async (controller) => {
      const { value, done } = await pages.next();
      if (done) controller.close();
      else controller.enqueue(value.records.map((record) => record.data).join(""));
    },
  }).pipeThrough(new TextEncoderStream());
};

const bodyOf = async (run: JobHandle, first: LogPage) => {
  const text = { stdout: "", stderr: "" };
  let last = first;
  for await (const page of pagesOf(run, first)) {
    for (const record of page.records) text[record.stream] += record.data;
    last = page;
  }
  const { snapshot, truncated, next } = last;
  return { job_id: snapshot.id, status: statusWord("runs", snapshot.state), ...text, truncated, next };
};

export const logs = (deps: Deps): Operation => ({
  contract: {
    method: "get",
    path: "/logs/{id}",
    operationId: "getLogs",
    tags: ["runs"],
    summary: "Output of a run so far, as JSON or as plain text",
    request: {
      params: runIdParam,
      query: z.object({ format: z.enum(["json", "text"]).optional() }),
    },
    responses: {
      200: {
        description: "stdout and stderr; with `Accept: text/plain` both as they came",
        content: {
          ...jsonResponse("", logsSchema).content,
          "text/plain": { schema: z.string() },
        },
      },
      ...unknownJob,
    },
  },
  handler: async (c) => {
    const run = findRun(c, deps.jobs);
    const first = (await run?.logs(null, PAGE_BYTES)) ?? null;
    if (run === null || first === null) return runNotFound(c);
    c.header("Vary", "Accept");
    if (!wantsText(c)) return c.json(await bodyOf(run, first));
    return c.body(textOf(run, first), 200, {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      ...(first.truncated ? { "X-Truncated": "true" } : {}),
    });
  },
});
