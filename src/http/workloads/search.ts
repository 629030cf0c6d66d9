import type { Deps } from "../../deps/types.ts";
import type { Caller } from "../../domain/access/caller.ts";
import { cursorText, LOOKED_THROUGH, readSearch, searchPage } from "../../domain/workloads/search.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import { foundData } from "../../domain/workloads/view.ts";
import type { Operation } from "../kit/face.ts";
import { type Call, called } from "./call.ts";
import { envelope, unprocessable } from "./envelope.ts";
import { readObject } from "./read-object.ts";
import { jsonBody, responses, schemasOf } from "./schemas.ts";

const handle = async (call: Call): Promise<Response> => {
  const { c, deps, workload, owner } = call;
  const body = await readObject(call);
  if (body instanceof Response) return body;
  const outcome = readSearch(workload, body);
  if (outcome.kind === "refused") return unprocessable(c, deps, outcome.errors);
  const { request } = outcome;
  const where = { ...request.filter, path: workload.path, owner: owner ?? "" };
  const page = await searchPage(request, (after, limit) =>
    deps.workloadRows.search({ ...where, after, limit }),
  );
  const next = page.next === null ? {} : { last_evaluated_key: cursorText(page.next) };
  return envelope(c, deps, { items: page.rows.map((row) => foundData(workload.entity, row)), ...next });
};

/** `POST /<path>/search` */
export const search = (deps: Deps, workload: Workload, operationId: string): Operation<Caller> => {
  const schemas = schemasOf(workload);
  return {
    contract: {
      method: "post",
      path: `/${workload.path}/search`,
      operationId,
      tags: [workload.path],
      summary: "Find jobs, newest first",
      description:
        "By status, by time of creation (both ends included), and by any param. Pass `last_evaluated_key` on " +
        `for the next page; there is none without it. A search by params looks through ${LOOKED_THROUGH} jobs ` +
        "at a time, so a page may hold fewer than `page_size` and still have a next one.",
      request: { body: jsonBody(schemas.search, { page_size: 20 }) },
      responses: responses("A page of jobs", schemas.found, {
        400: "The body is no JSON object",
        413: "The body is too large",
        415: "The body is not application/json",
        422: "The filters do not fit; `errors` names them",
      }),
    },
    handle: called(deps, workload, handle),
  };
};
