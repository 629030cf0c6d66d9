import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { Deps } from "../../deps/types.ts";
import { VERSION } from "../../domain/version.ts";
import { mountDescription } from "./description-routes.ts";

const info = {
  title: "Sandpiper",
  version: VERSION,
  description: "Asynchronous jobs at the edge: sandboxed code runs, typed jobs and upload-first workloads.",
};

/** One description of all faces; `guard` passes those who may read it. */
export const mountOpenApi = (app: OpenAPIHono, { assets }: Deps, guard: MiddlewareHandler): void =>
  mountDescription(app, { info, guard, assetsOf: () => assets });
