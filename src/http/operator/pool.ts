import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import { metricsText } from "../../domain/access/metrics.ts";
import { done, poolView } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { DONE, notFound, operation } from "./operation.ts";

export const poolOperations = (deps: Deps): OperatorOperation[] => [
  operation(
    deps,
    {
      method: "get",
      path: "/pool",
      operationId: "getPool",
      summary: "Executors, containers and what waits",
      answer: poolView,
    },
    async () => {
      const view = await deps.pool.view();
      return { body: view, count: view.executors.length };
    },
  ),
  operation(
    deps,
    {
      method: "post",
      path: "/operator/pool/{id}/drain",
      operationId: "drainExecutor",
      summary: "Tell an executor to finish what it has, take nothing more and go",
      answer: done,
    },
    async (call) =>
      (await deps.pool.drain(call.c.req.param("id") ?? ""))
        ? DONE
        : notFound(call, "No executor of this instance is there"),
  ),
  operation(
    deps,
    {
      method: "post",
      path: "/operator/pool/{id}/release",
      operationId: "releaseExecutor",
      summary: "Let an executor in quarantine take jobs again",
      answer: done,
    },
    async (call) =>
      (await deps.pool.release(call.c.req.param("id") ?? ""))
        ? DONE
        : notFound(call, "No executor of this instance is there"),
  ),
  operation(
    deps,
    {
      method: "get",
      path: "/metrics",
      mediaType: "text/plain",
      operationId: "getMetrics",
      summary: "The state of the deployment in Prometheus' text format",
      answer: z.string(),
    },
    async ({ c }) => {
      const { operations, now } = deps;
      const [pool, unfinished, undelivered, counts] = await Promise.all([
        deps.pool.view(),
        operations.unfinished(),
        deps.deliveryRows.undelivered(),
        operations.counts(),
      ]);
      const text = metricsText({ pool, unfinished, undelivered, counts }, now());
      return c.text(text, 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
    },
  ),
];
