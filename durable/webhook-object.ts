import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../src/adapters/clock.ts";
import { DeliveryStorage } from "../src/adapters/delivery-storage.ts";
import type { WebhookDeps } from "../src/deps/types.ts";
import { serviceLog, webhookDepsFor } from "../src/deps.ts";
import { retryDelayMs } from "../src/domain/backoff.ts";
import {
  afterAttempt,
  type Delivery,
  type DeliveryOrder,
  newDelivery,
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

  /** Never throws: the platform gives a failing alarm up after six retries, and with it the delivery. */
  override async alarm(): Promise<void> {
    try {
      await this.#onAlarm();
    } catch (error) {
      serviceLog.error("webhook.alarm_failed", error);
      const failures = this.#storage.noteFailure();
      await this.ctx.storage.setAlarm(systemClock() + retryDelayMs(failures, Math.random()));
    }
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
    if (now < wakeAtMs(delivery)) return this.ctx.storage.setAlarm(wakeAtMs(delivery));
    if (delivery.nextAttemptAtMs === null) return this.#storage.clear();
    // Should the object die meanwhile, the attempt counts all the same, and the schedule goes on.
    await this.#keep(afterAttempt(delivery, UNANSWERED, deps.random(), now));
    const { url, signer } = delivery;
    const outcome = await deps.send({ id: this.#id, url, signer, body: this.#storage.body() }, now);
    const next = afterAttempt(delivery, outcome, deps.random(), deps.now());
    this.#storage.forgetFailures();
    await this.#keep(next);
    if (next.nextAttemptAtMs === null) this.#storage.dropBody();
    deps.log.info("webhook.attempt", {
      id: this.#id,
      state: next.state,
      attempts: next.attempts,
      status: next.lastStatus,
      error: next.lastError,
    });
  }

  async #keep(delivery: Delivery): Promise<void> {
    this.#storage.write(delivery);
    await this.ctx.storage.setAlarm(wakeAtMs(delivery));
  }
}
