import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import type { Deps } from "../../deps/types.ts";
import type { LogRecord } from "../../domain/job/log-book.ts";
import type { JobHandle, LogPage } from "../../domain/ports/job-objects.ts";
import { statusWord } from "../../domain/status-words.ts";
import { typedRecord } from "../../domain/streams/frames.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { problem } from "./problem.ts";
import { jsonResponse, logRecordsSchema, logsSchema, runIdParam, unknownJob } from "./schemas.ts";

/** Log text asked of the job object at a time; calls between Workers end at 32 MiB. */
const PAGE_BYTES = 1_048_576;
const JSON_TYPE = { "Content-Type": "application/json" };

/** All pages of a log from the newest attempt's first record on, as they stand now. */
async function* pagesOf(run: JobHandle, first: LogPage): AsyncGenerator<LogPage> {
  let page: LogPage | null = first;
  while (page !== null) {
    yield page;
    page = page.more ? await run.logs(page.next, PAGE_BYTES) : null;
  }
}

/** JSON is the answer to every client that does not ask for text: all shipped ones parse it. */
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

async function* textOf(run: JobHandle, first: LogPage): AsyncGenerator<string> {
  for await (const { records } of pagesOf(run, first)) yield records.map((record) => record.data).join("");
}

/** Records behind `after`, for a client that follows the log by asking. */
const recordsBody = (page: LogPage) => ({
  job_id: page.snapshot.id,
  status: statusWord("runs", page.snapshot.state),
  records: page.records.filter(({ mark }) => mark === undefined).map(typedRecord),
  more: page.more,
  truncated: page.truncated,
  next: page.next,
});

const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "is no whole number")
  .transform(Number);

const rangeQuery = z.object({
  after: wholeNumber.default(0),
  limit: wholeNumber.pipe(z.int().min(1).max(10_000)).default(1_000),
});

const answerRange = async (c: Context, run: JobHandle): Promise<Response> => {
  const range = rangeQuery.safeParse(c.req.query());
  if (!range.success) {
    const [issue] = range.error.issues;
    const error = `${issue?.path.join(".")}: ${issue?.message}; after is a record's seq, limit 1 to 10000`;
    return problem(c, { code: "invalid_request", error });
  }
  const page = await run.logs(range.data.after, PAGE_BYTES, range.data.limit);
  return page === null ? runNotFound(c) : c.json(recordsBody(page));
};

const streamOf = (texts: AsyncGenerator<string>): ReadableStream<Uint8Array> =>
  new ReadableStream<string>({
    pull: async (controller) => {
      const { value, done } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await texts.return(undefined);
    },
  }).pipeThrough(new TextEncoderStream());

/** Text as the inside of a JSON string. */
const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

const dataOf = ({ records }: LogPage, stream: LogRecord["stream"], upTo: number): string =>
  records
    .filter((record) => record.stream === stream && record.seq <= upTo)
    .map((record) => record.data)
    .join("");

/**
 * The whole log as one JSON object, a page at a time: escaped, a log of control characters is six times its
 * size, which an isolate has no room for. stdout and stderr are read one after the other, to the same end.
 */
async function* bodyOf(run: JobHandle, first: LogPage): AsyncGenerator<string> {
  const { id, state } = first.snapshot;
  yield `{"job_id":"${id}","status":"${statusWord("runs", state)}","stdout":"`;
  let last = first;
  for await (const page of pagesOf(run, first)) {
    yield escaped(dataOf(page, "stdout", page.next));
    last = page;
  }
  yield '","stderr":"';
  for await (const page of pagesOf(run, first)) {
    yield escaped(dataOf(page, "stderr", last.next));
    if (page.next >= last.next) break;
  }
  yield `","truncated":${last.truncated},"next":${last.next}}`;
}

export const logs = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/logs/{id}",
    operationId: "getLogs",
    tags: ["runs"],
    summary: "Output of a run so far, as JSON or as plain text",
    description:
      "With `after` or `limit` the answer is the numbered records behind `after` instead; pass `next` as the " +
      "following `after`.",
    request: {
      params: runIdParam,
      query: z.object({
        format: z.enum(["json", "text"]).optional(),
        after: z.coerce.number().int().nonnegative().optional(),
        limit: z.coerce.number().int().min(1).max(10_000).optional(),
      }),
    },
    responses: {
      200: {
        description: "stdout and stderr; with `Accept: text/plain` both as they came",
        content: {
          ...jsonResponse("", z.union([logsSchema, logRecordsSchema])).content,
          "text/plain": { schema: z.string() },
        },
      },
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const run = findRun(c, deps.jobs);
    const isRange = c.req.query("after") !== undefined || c.req.query("limit") !== undefined;
    if (run !== null && isRange) return answerRange(c, run);
    const first = (await run?.logs(null, PAGE_BYTES)) ?? null;
    if (run === null || first === null) return runNotFound(c);
    c.header("Vary", "Accept");
    if (!wantsText(c)) return c.body(streamOf(bodyOf(run, first)), 200, JSON_TYPE);
    return c.body(streamOf(textOf(run, first)), 200, {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
      ...(first.truncated ? { "X-Truncated": "true" } : {}),
    });
  },
});
