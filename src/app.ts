import { OpenAPIHono } from "@hono/zod-openapi";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Deps } from "./deps/types.ts";
import { checkWorkloads } from "./domain/workloads/check.ts";
import { problem } from "./http/errors.ts";
import { events } from "./http/executor/events.ts";
import { uploads } from "./http/executor/uploads.ts";
import { mountOpenApi } from "./http/meta/openapi.ts";
import { openCors } from "./http/middleware/cors.ts";
import { requestId, requestIdOf } from "./http/middleware/request-id.ts";
import { mount } from "./http/operation.ts";
import { runOperations } from "./http/runs/operations.ts";
import { workloadError } from "./http/workloads/envelope.ts";
import { ownsPath, workloadOperations } from "./http/workloads/operations.ts";
import { jobs, workloads } from "./service.ts";

/** The Worker's HTTP side: middleware in order, the faces, and the answers to what nobody handles. */
export const createService = (deps: Deps): OpenAPIHono => {
  const app = new OpenAPIHono();
  app.use(requestId(deps.ids));
  // The typed jobs have CORS headers of their own (contract jobs.md 14).
  app.use((c, next) => (jobs.owns(c.req.path) ? next() : openCors(c, next)));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        c.header("Allow", [...methods, "OPTIONS"].join(", "));
        const error = `${c.req.method} is not possible here; use ${methods.join(" or ")}`;
        return ownsPath(workloads, c.req.path)
          ? workloadError(c, deps, { code: 405, message: error })
          : problem(c, { code: "method_not_allowed", error });
      },
    }),
  );
  for (const operation of runOperations(deps)) mount(app, operation);
  app.post("/executor/attempts/:attemptId/events", events(deps));
  app.post("/executor/attempts/:attemptId/uploads", uploads(deps));
  mountOpenApi(app, deps, jobs.requireAuth);
  app.route("/", jobs);
  checkWorkloads(
    workloads,
    app.routes.map(({ path }) => path),
  );
  for (const operation of workloadOperations(deps, workloads)) mount(app, operation);
  app.notFound((c) => {
    const error = "No such path; GET /openapi lists what there is";
    if (jobs.owns(c.req.path)) return jobs.nothingThere(c);
    if (ownsPath(workloads, c.req.path)) return workloadError(c, deps, { code: 404, message: error });
    return problem(c, { code: "not_found", error });
  });
  app.onError((error, c) => {
    const id = requestIdOf(c);
    deps.log.error("http.unhandled", error, { requestId: id, method: c.req.method });
    return problem(c, {
      code: "internal",
      error: "Something failed on our side; the request id helps to find it",
      extra: { request_id: id },
    });
  });
  return app;
};
