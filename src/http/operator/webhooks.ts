import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { DeliveryRow } from "../../domain/ports/delivery-rows.ts";
import { deliveryList, deliveryState, done } from "../../wire/operator.ts";
import type { OperatorOperation } from "./face.ts";
import { DONE, notFound, operation, queryAs } from "./operation.ts";

const query = z.object({
  state: deliveryState.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^(?:failed|disabled|pending|delivered)\.\d{1,15}\.msg_[0-9a-f]{64}$/)
    .optional(),
});

const viewOf = (row: DeliveryRow) => ({
  id: row.id,
  state: row.state,
  type: row.type,
  endpoint: row.endpoint,
  attempts: row.attempts,
  last_status: row.lastStatus,
  last_error: row.lastError,
  next_attempt_at: row.nextAttemptAtMs,
  updated_at: row.updatedAtMs,
});

const cursorText = ({ state, updatedAtMs, id }: DeliveryRow): string => `${state}.${updatedAtMs}.${id}`;

const positionOf = (cursor: string | undefined) => {
  const [state, atMs, id] = cursor?.split(".") ?? [];
  const parsed = deliveryState.safeParse(state);
  return parsed.success && id !== undefined ? { state: parsed.data, updatedAtMs: Number(atMs), id } : null;
};

const list = (deps: Deps): OperatorOperation =>
  operation(
    deps,
    {
      method: "get",
      path: "/operator/webhooks",
      operationId: "listDeliveries",
      summary: "Deliveries of webhooks, those that failed first; a week back from their last attempt",
      answer: deliveryList,
      query,
    },
    async (call) => {
      const asked = queryAs(call, query);
      if (asked instanceof Response) return asked;
      const { state = null, limit, cursor } = asked;
      const found = await deps.deliveryRows.page({ state, after: positionOf(cursor), limit: limit + 1 });
      const rows = found.slice(0, limit);
      const last = rows.at(-1);
      const next = found.length > limit && last !== undefined ? cursorText(last) : null;
      return { body: { deliveries: rows.map(viewOf), next }, count: rows.length };
    },
  );

const replay = (deps: Deps): OperatorOperation =>
  operation(
    deps,
    {
      method: "post",
      path: "/operator/webhooks/{id}/replay",
      operationId: "replayDelivery",
      summary: "Send a delivery again that has not arrived, on the whole schedule",
      answer: done,
    },
    async (call) => {
      const outcome = await deps.webhooks.replay(call.c.req.param("id") ?? "");
      if (outcome === "replayed") return DONE;
      if (outcome === "unknown") return notFound(call, "There is no such delivery");
      const message = "This delivery has arrived, and what it carried is forgotten";
      return call.face.refuse(call.c, { code: "conflict", message });
    },
  );

export const webhookOperations = (deps: Deps): OperatorOperation[] => [list(deps), replay(deps)];
