import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { DeliveryStorage } from "../src/adapters/delivery-storage.ts";
import type { WebhookDeps } from "../src/deps/types.ts";
import { serviceLog, webhookDepsFor } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import { traceFields } from "../src/domain/job/traced.ts";
import type { ReplayOutcome } from "../src/domain/ports/webhooks.ts";
import {
  afterAttempt,
  type Delivery,
  type DeliveryOrder,
  deliveryRowOf,
  mayReplay,
  newDelivery,
  orderOf,
  replayed,
  type SendOutcome,
  viewOf,
  wakeAtMs,
} from "../src/domain/webhooks/delivery.ts";
import type { WebhookDelivery } from "../src/wire/webhook-delivery.ts";

const UNANSWERED: SendOutcome = { kind: "failed", error: "unanswered" };

/**
 * One event on its way to one endpoint. It belongs to nobody else, so it outlives its job; it deletes
 * itself. Every decision is a pure function of src/domain/webhooks.
 */
export class WebhookObject extends DurableObject<Record<string, unknown>> {
  readonly #storage: DeliveryStorage;
  readonly #id: string;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    this.#storage = new DeliveryStorage(ctx.storage);
    this.#id = `msg_${ctx.id.toString()}`;
  }

  /** Takes the event, and sends it from the alarm: the job that ended waits for no receiver. */
  async enqueue(order: DeliveryOrder, body: string): Promise<void> {
    if (this.#storage.delivery() !== null) return;
    this.#storage.writeBody(body);
    await this.#keep(newDelivery(order, this.#deps().now()));
  }

  view(): WebhookDelivery | null {
    const delivery = this.#storage.delivery();
    return delivery === null ? null : viewOf(this.#id, delivery);
  }

  /** Has it sent again from now on, on the whole schedule. */
  async replay(): Promise<ReplayOutcome> {
    const delivery = this.#storage.delivery();
    if (delivery === null) return "unknown";
    if (!mayReplay(delivery)) return "delivered";
    await this.#keep(replayed(delivery, this.#deps().now()));
    return "replayed";
  }

  /** Never throws: the platform gives a failing alarm up after six retries, and with it the delivery. */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      serviceLog.error("webhook.alarm_failed", error);
      const retryAtMs = systemClock() + retryDelayMs(this.#storage.noteFailure(), Math.random());
      await this.ctx.storage.setAlarm(Math.min(retryAtMs, this.#nextAttemptAtMs()));
    }
  }

  /** A row that cannot be written puts no attempt off. */
  #nextAttemptAtMs(): number {
    const now = systemClock();
    const atMs = this.#storage.delivery()?.nextAttemptAtMs ?? null;
    return atMs === null || atMs <= now ? Number.POSITIVE_INFINITY : atMs;
  }

  /** Resolved where it is used: a delivery whose service is misconfigured for a while still has its alarm. */
  #deps(): WebhookDeps {
    return webhookDepsFor(this.env);
  }

  async #onAlarm(): Promise<void> {
    const delivery = this.#storage.delivery();
    if (delivery === null) return;
    const deps = this.#deps();
    const now = deps.now();
    if (now < wakeAtMs(delivery)) return this.#showRow(delivery);
    if (delivery.nextAttemptAtMs === null) return this.#forget();
    // Should the object die meanwhile, the attempt counts all the same, and the schedule goes on.
    await this.#keep(afterAttempt(delivery, UNANSWERED, deps.random(), now));
    this.#storage.noteRow(true);
    const { type: _type, ...order } = orderOf(delivery);
    const outcome = await deps.send({ ...order, id: this.#id, body: this.#storage.body() }, now);
    const next = afterAttempt(delivery, outcome, deps.random(), deps.now());
    this.#storage.forgetFailures();
    await this.#keep(next);
    if (!mayReplay(next)) this.#storage.dropBody();
    deps.tally("webhook_deliveries", next.state === "pending" ? "retried" : next.state);
    deps.log.info("webhook.attempt", {
      id: this.#id,
      state: next.state,
      attempts: next.attempts,
      status: next.lastStatus,
      error: next.lastError,
      ...traceFields(delivery),
    });
    await this.#showRow(next);
  }

  /** Writes what the row does not show yet; throws where it cannot be written. */
  async #showRow(delivery: Delivery): Promise<void> {
    await this.ctx.storage.setAlarm(wakeAtMs(delivery));
    if (!this.#storage.isRowDue) return;
    await this.#deps().rows.upsert(deliveryRowOf(this.#id, delivery));
    this.#storage.noteRow(false);
    this.#storage.forgetFailures();
  }

  async #forget(): Promise<void> {
    await this.#deps().rows.remove(this.#id);
    await this.#storage.clear();
  }

  async #keep(delivery: Delivery): Promise<void> {
    this.#storage.write(delivery);
    await this.ctx.storage.setAlarm(wakeAtMs(delivery));
  }
}
