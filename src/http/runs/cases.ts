import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import { caseWithOutput } from "../../domain/judging/cases-body.ts";
import { CASES_MAX } from "../../wire/judging.ts";
import { casePage, caseReport } from "../../wire/run-answers.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { problem } from "./problem.ts";
import { jsonResponse, named, problemResponse, runIdParam, unknownJob } from "./schemas.ts";

const pageSchema = named("CasePage", casePage);
const caseSchema = named("CaseReport", caseReport);

const wholeNumber = z
  .string()
  .regex(/^\d{1,3}$/, "is no whole number")
  .transform(Number);

const pageQuery = z.object({
  from: wholeNumber.default(0),
  limit: wholeNumber.pipe(z.int().min(1).max(CASES_MAX)).default(20),
});

const noCase = (c: Context): Response =>
  problem(c, { code: "not_found", error: "No such case; GET /cases/{id} lists those that have ended" });

export const listCases = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/cases/{id}",
    operationId: "listCases",
    tags: ["runs"],
    summary: "Results of a run's cases with what they printed, page by page",
    description:
      "A case is listed once it has ended; `next` is the following `from`, null behind the last case.",
    request: {
      params: runIdParam,
      query: z.object({
        from: z.coerce.number().int().nonnegative().optional(),
        limit: z.coerce.number().int().min(1).max(CASES_MAX).optional(),
      }),
    },
    responses: {
      200: jsonResponse("The cases", pageSchema),
      400: problemResponse("from or limit is no such number"),
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const run = findRun(c, deps.jobs);
    const query = pageQuery.safeParse(c.req.query());
    if (!query.success)
      return problem(c, {
        code: "invalid_request",
        error: `from is a case's index, limit 1 to ${CASES_MAX}`,
      });
    const { from, limit } = query.data;
    const snapshot = (await run?.snapshot()) ?? null;
    const cases = (await run?.cases(from, limit)) ?? null;
    if (snapshot === null || cases === null) return runNotFound(c);
    const total = snapshot.task.kind === "program" ? (snapshot.task.caseRules?.total ?? 0) : 0;
    const next = from + cases.length;
    return c.json({
      job_id: snapshot.id,
      total,
      cases: cases.map(caseWithOutput),
      next: next < total ? next : null,
    });
  },
});

export const oneCase = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/cases/{id}/{index}",
    operationId: "getCase",
    tags: ["runs"],
    summary: "One case of a run, with what it printed",
    request: { params: runIdParam.extend({ index: z.string().openapi({ example: "0" }) }) },
    responses: {
      200: jsonResponse("The case", caseSchema),
      404: problemResponse("No such job, or no such case yet"),
    },
  },
  handle: async ({ c }) => {
    const run = findRun(c, deps.jobs);
    const index = wholeNumber.safeParse(c.req.param("index") ?? "");
    const found = run === null || !index.success ? null : await run.cases(index.data, 1);
    if (run === null || (await run.snapshot()) === null) return runNotFound(c);
    const [one] = found ?? [];
    return one === undefined || one.index !== index.data ? noCase(c) : c.json(caseWithOutput(one));
  },
});
