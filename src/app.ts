import { OpenAPIHono } from "@hono/zod-openapi";
import type { Deps } from "./deps/types.ts";
import type { WebhookEndpoint } from "./domain/webhooks/endpoint.ts";
import { checkWorkloads } from "./domain/workloads/check.ts";
import type { Workload } from "./domain/workloads/types.ts";
import { events } from "./http/executor/events.ts";
import { interactive } from "./http/executor/interactive.ts";
import { join } from "./http/executor/join.ts";
import { offered } from "./http/executor/offered.ts";
import { uploads } from "./http/executor/uploads.ts";
import type { JobsApp } from "./http/jobs/create-app.ts";
import { judge0Face } from "./http/judge0/face.ts";
import { judge0Operations } from "./http/judge0/operations.ts";
import { afterFailure, mountFace, owns } from "./http/kit/face.ts";
import { frame } from "./http/kit/frame.ts";
import { gate } from "./http/kit/gate.ts";
import { mcpOperations } from "./http/mcp/endpoint.ts";
import { mcpFace } from "./http/mcp/face.ts";
import { mountConsoleAssets } from "./http/meta/console-assets.ts";
import { llmsText } from "./http/meta/llms-text.ts";
import { mountOpenApi } from "./http/meta/openapi.ts";
import { operatorFace } from "./http/operator/face.ts";
import { operatorOperations } from "./http/operator/operations.ts";
import { pistonFace } from "./http/piston/face.ts";
import { pistonOperations } from "./http/piston/operations.ts";
import { runsFace } from "./http/runs/face.ts";
import { runOperations } from "./http/runs/operations.ts";
import { workloadFace } from "./http/workloads/face.ts";
import { workloadOperations } from "./http/workloads/operations.ts";

/** What the owner of a deployment declares, in src/service.ts or in a project of their own. */
export type DeployedService = {
  /** What `createApp` gives. */
  readonly jobs: JobsApp;
  readonly workloads?: readonly Workload[];
  readonly webhookEndpoints?: readonly WebhookEndpoint[];
};

/** The Worker's HTTP side: the faces, and the answers to what nobody handles, each in its face's shape. */
export const createService = (
  deps: Deps,
  { jobs, workloads = [] }: Pick<DeployedService, "jobs" | "workloads">,
): OpenAPIHono => {
  const app = new OpenAPIHono({ strict: false });
  const runs = runsFace(deps);
  const uploadFirst = workloadFace(deps, workloads);
  const agents = mcpFace(deps);
  const judge0 = deps.doors.judge0 ? [judge0Face(deps)] : [];
  const piston = deps.doors.piston ? [pistonFace(deps)] : [];
  const operator = operatorFace(deps);
  const faces = [operator, jobs.face, uploadFirst, agents, ...judge0, ...piston];
  const faceOf = (path: string) => faces.find((face) => owns(face, path)) ?? runs;
  app.use(frame(faceOf));
  const submissions = ["/submit", "/mcp", "/submissions", "/submissions/batch", "/api/v2/execute"];
  const creations = [`${jobs.definition.prefix}/jobs`, ...workloads.map(({ path }) => `/${path}`)];
  const isRepeat = (path: string): boolean => /^\/runs\/[^/]+\/repeat$/.test(path);
  const makesJob = (path: string): boolean =>
    submissions.includes(path) || creations.includes(path) || isRepeat(path);
  app.use(gate(deps, faceOf, makesJob));
  mountFace(app, operator, operatorOperations({ ...deps, typedQueue: jobs.definition.queue }));
  mountFace(app, runs, [...runOperations(deps), llmsText(deps)]);
  mountFace(app, agents, mcpOperations(deps));
  for (const face of judge0) mountFace(app, face, judge0Operations(deps));
  for (const face of piston) mountFace(app, face, pistonOperations(deps));
  app.post("/executor/attempts/:attemptId/events", events(deps));
  app.post("/executor/attempts/:attemptId/uploads", uploads(deps));
  mountConsoleAssets(app, deps);
  app.get("/executor/attempts/:attemptId", offered(deps));
  app.get("/executor/attempts/:attemptId/interactive", interactive(deps));
  app.get("/pool/join", join(deps));
  mountOpenApi(app, deps, workloads, jobs.guardDescription);
  app.route("/", jobs);
  checkWorkloads(
    workloads,
    app.routes.map(({ path }) => path),
  );
  mountFace(app, uploadFirst, workloadOperations(deps, workloads));
  app.notFound((c) => {
    const message = "No such path; GET /openapi lists what there is";
    return faceOf(c.req.path).refuse(c, { code: "not_found", message });
  });
  app.onError((error, c) => afterFailure(faceOf(c.req.path), c, error));
  return app;
};
