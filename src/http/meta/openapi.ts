import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps/types.ts";
import { VERSION } from "../../domain/version.ts";
import type { Workload } from "../../domain/workloads/types.ts";
import { mountDescription } from "./description-routes.ts";

const info = {
  title: "Sandpiper",
  version: VERSION,
  description: "Asynchronous jobs at the edge: sandboxed code runs, typed jobs and upload-first workloads.",
  license: { name: "MIT", identifier: "MIT" },
};

const TAGS = [
  { name: "runs", description: "Programs that anybody submits and that run in a sandbox." },
  { name: "jobs", description: "Typed requests that workers anywhere take, report on and answer." },
  { name: "settings", description: "What the owner of the typed jobs changes while the service runs." },
  { name: "agents", description: "The runs as tools of the Model Context Protocol, and a text for models." },
  { name: "judge0", description: "The runs as Judge0 1.13 offers them, for its clients." },
  { name: "piston", description: "The runs as Piston's API v2 offers them, for its clients." },
];

/** One description of all faces; `guard` passes those who may read it. */
export const mountOpenApi = (
  app: OpenAPIHono,
  { assets }: Deps,
  workloads: readonly Workload[],
  guard: MiddlewareHandler,
): void => {
  const tags = [...TAGS, ...workloads.map(({ path, summary }) => ({ name: path, description: summary }))];
  mountDescription(app, { info, tags, guard, assetsOf: () => assets });
};
