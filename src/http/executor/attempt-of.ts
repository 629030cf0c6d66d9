import type { Context } from "hono";
import type { Deps } from "../../deps/types.ts";
import type { AttemptBearer, JobHandle } from "../../domain/ports/job-objects.ts";
import type { ReportRefused } from "../../wire/report.ts";
import { attemptId, attemptToken } from "../../wire/vocabulary.ts";

export type AttemptCall = {
  readonly id: string;
  readonly bearer: AttemptBearer & { readonly token: string };
  readonly job: JobHandle;
};

const BEARER = /^Bearer (\S{1,400})$/;

/** An answer that refuses a report, in the wire's own shape. */
export const refuse = (
  c: Context,
  status: 400 | 401 | 409 | 413 | 503,
  code: ReportRefused["error"]["code"],
  message: string,
  expected?: number,
): Response => {
  const error = expected === undefined ? { code, message } : { code, message, expected };
  return c.json({ error } satisfies ReportRefused, status);
};

/** Who reports: the attempt that the path names, its job's object, and the hash of the bearer's token. */
export const attemptOf = async (c: Context, deps: Deps): Promise<AttemptCall | Response> => {
  const given = attemptToken.safeParse(BEARER.exec(c.req.header("authorization") ?? "")?.[1]);
  if (!given.success) return refuse(c, 401, "unauthorized", "a bearer token is required");
  const id = attemptId.safeParse(c.req.param("attemptId"));
  const job = id.success ? deps.jobs.byObjectId(id.data.slice(0, 64)) : null;
  if (!id.success || job === null) return refuse(c, 409, "stale_attempt", "no such attempt");
  const token = given.data;
  return { id: id.data, bearer: { token, tokenHash: await deps.ids.hashOf(token) }, job };
};
