import type { WebhookDelivery, WebhookError } from "../../wire/webhook-delivery.ts";

/** The D1 projection of a delivery. Instants are epoch milliseconds. */
export type DeliveryRow = {
  readonly id: string;
  readonly state: WebhookDelivery["state"];
  readonly type: WebhookDelivery["type"];
  readonly endpoint: WebhookDelivery["endpoint"];
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: WebhookError | null;
  readonly nextAttemptAtMs: number | null;
  readonly updatedAtMs: number;
};

/** Deliveries that failed for good come first, then those that their receiver ended, that wait, that arrived. */
export const URGENCY = [
  "failed",
  "disabled",
  "pending",
  "delivered",
] as const satisfies readonly DeliveryRow["state"][];

export type DeliverySelection = {
  readonly state: DeliveryRow["state"] | null;
  /** Behind this one; within a state the newest come first. */
  readonly after: Pick<DeliveryRow, "state" | "updatedAtMs" | "id"> | null;
  readonly limit: number;
};

export type DeliveryCount = {
  readonly state: Exclude<DeliveryRow["state"], "delivered">;
  readonly count: number;
};

export type DeliveryRows = {
  upsert(row: DeliveryRow): Promise<void>;
  remove(id: string): Promise<void>;
  page(selection: DeliverySelection): Promise<readonly DeliveryRow[]>;
  /** How many there are of those that have not arrived, by their state. */
  undelivered(): Promise<readonly DeliveryCount[]>;
};
