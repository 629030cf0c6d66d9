import { serviceLog } from "../../deps.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { NotMigrated } from "../../domain/typed-jobs/unavailable.ts";
import type { Face } from "../kit/face.ts";
import { type RefusalCode, STATUS_OF } from "../kit/refusal.ts";
import { depsOf, jobsCaller } from "./auth.ts";
import type { JobsDefinition } from "./config.ts";
import { jobsCors } from "./cors.ts";
import { problem } from "./respond.ts";
import { problems } from "./schemas.ts";

/** A body or a query that does not fit is 422 in this face, whatever is wrong with it. */
const statusOf = (code: RefusalCode) => (code === "invalid_request" ? 422 : STATUS_OF[code]);

const rootsOf = (prefix: string): string[] =>
  prefix === "" ? ["/jobs", "/settings", "/healthcheck"] : [prefix];

/** The typed jobs' face, of an app with this definition; nothing of it needs a binding before a request. */
export const jobsFace = (definition: JobsDefinition): Face<Caller> => ({
  roots: rootsOf(definition.prefix),
  cors: jobsCors,
  access: (c) => jobsCaller(c, depsOf(c), definition),
  commonResponses: problems(422),
  refuse: (c, { code, message, fields, retryAfterSeconds }) => {
    if (code === "unauthorized") c.header("WWW-Authenticate", 'Basic realm="jobs", charset="UTF-8"');
    if (retryAfterSeconds !== undefined) c.header("Retry-After", String(retryAfterSeconds));
    const errors = fields?.map(({ path, message: msg }) => ({ type: code, loc: path, msg }));
    return problem(c, statusOf(code), message, errors);
  },
  failed: (c, error) => {
    serviceLog.error("typed_jobs.failed", error, { method: c.req.method });
    return problem(c, 500, error instanceof NotMigrated ? error.message : "Something failed on our side");
  },
});
