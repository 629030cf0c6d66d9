import { z } from "@hono/zod-openapi";
import { cursorText } from "../../domain/typed-jobs/cursor.ts";
import { JOB_STATUSES } from "../../domain/typed-jobs/job.ts";
import { LIST_IDS, LIST_LIMIT } from "../../domain/typed-jobs/limits.ts";
import type { ListQuery } from "../../domain/typed-jobs/list-query.ts";
import type { IdsPage, Page } from "../../domain/typed-jobs/page.ts";
import { listQueryOf } from "../../domain/typed-jobs/parse-list-query.ts";
import { jobOfRow } from "../../domain/typed-jobs/row.ts";
import { jobView } from "../../domain/typed-jobs/view.ts";
import {
  type JobsHandler,
  type JobsOperation,
  type JobsRequest,
  jsonAnswer,
  ownerSeen,
  unfit,
} from "./respond.ts";
import { json, NEXT_PAGE, problems } from "./schemas.ts";

/** The query of the next page: all that this one asked for, behind its last job. */
const nextLink = ({ c, definition }: JobsRequest, { limit }: ListQuery, page: ListPage): string => {
  if (page.next === null && page.rest.length === 0) return "";
  const params = new URLSearchParams();
  for (const name of ["status", "registered_datetime_gte", "registered_datetime_lte"]) {
    const value = c.req.query(name);
    if (value !== undefined) params.set(name, value);
  }
  // The commas stay as they are: written as %2C, so many ids would outgrow a header.
  const rest = `job_id=${page.rest.join(",")}`;
  if (page.next === null) return `${definition.prefix}/jobs?${rest}${params.size === 0 ? "" : `&${params}`}`;
  params.set("ekey", cursorText(page.next));
  params.set("limit", String(limit));
  return `${definition.prefix}/jobs?${params}`;
};

/** A page by time has a cursor, one by ids names the ids that it had no room for. */
type ListPage = Page & Pick<IdsPage, "rest">;

const pageOf = async ({ deps, caller }: JobsRequest, query: ListQuery): Promise<ListPage> => {
  const owner = ownerSeen(caller);
  return query.ids === null
    ? { ...(await deps.rows.page(query, owner)), rest: [] }
    : { ...(await deps.rows.byIds(query.ids, query, owner)), next: null };
};

const listJobs: JobsHandler = async (request) => {
  const { c, deps } = request;
  c.header("X-Next", "");
  const parsed = listQueryOf(c.req.queries());
  if (parsed.kind === "unfit") return unfit(c, parsed.errors);
  const page = await pageOf(request, parsed.query);
  const next = nextLink(request, parsed.query, page);
  c.header("X-Next", next);
  if (next !== "") c.header("Link", `<${next}>; rel="next"`);
  const jobs = page.rows.map((row) => {
    const { job, isWhole } = jobOfRow(row);
    if (!isWhole) deps.log.info("typed_jobs.bad_row", { jobId: row.jobId });
    return jobView(job, deps.zone);
  });
  return jsonAnswer(request, { Jobs: jobs }, 200);
};

const instant = z.string().optional().openapi({ description: "ISO-8601, inclusive, whole seconds" });
const { min, max, fallback } = LIST_LIMIT;

const listQuery = z.object({
  limit: z
    .int()
    .min(min)
    .max(max)
    .optional()
    .openapi({ description: "Jobs on a page; a page of large jobs has fewer", default: fallback }),
  status: z.enum(JOB_STATUSES).optional().openapi({ description: "Only jobs with this status" }),
  job_id: z
    .string()
    .optional()
    .openapi({ description: `Ids with commas between them, at most ${LIST_IDS}; they come on one page` }),
  registered_datetime_gte: instant,
  registered_datetime_lte: instant,
  ekey: z.string().optional().openapi({ description: "Where the page starts; X-Next has it" }),
});

export const list: JobsOperation = {
  contract: (schemas) => ({
    method: "get",
    path: "/jobs",
    operationId: "processingjoblistGet",
    tags: ["jobs"],
    summary: "List jobs, newest first",
    request: { query: listQuery },
    responses: {
      200: { description: "A page", content: json(schemas.jobs), headers: NEXT_PAGE },
      ...problems(422),
    },
  }),
  handler: listJobs,
};
