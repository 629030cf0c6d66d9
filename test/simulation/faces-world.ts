import { IdempotencyObject } from "../../durable/idempotency-object.ts";
import { TypedJobObject } from "../../durable/typed-job-object.ts";
import { WebhookObject } from "../../durable/webhook-object.ts";
import { durableWebhooks } from "../../src/adapters/webhooks.ts";
import type { TypedJobDeps, WebhookDeps } from "../../src/deps/types.ts";
import type { DeliveryRow } from "../../src/domain/ports/delivery-rows.ts";
import type { IdempotencyKeys } from "../../src/domain/ports/idempotency-keys.ts";
import type { Ids } from "../../src/domain/ports/ids.ts";
import type { NewTypedJob } from "../../src/domain/typed-jobs/job.ts";
import type { WriteGuard } from "../../src/domain/typed-jobs/lifecycle.ts";
import type { WriteOutcome } from "../../src/domain/typed-jobs/ports.ts";
import type { TypedJobRow } from "../../src/domain/typed-jobs/row.ts";
import type { Delivery, SendOutcome } from "../../src/domain/webhooks/delivery.ts";
import { WEBHOOK_EVENTS } from "../../src/domain/webhooks/event.ts";
import { idempotently } from "../../src/http/kit/idempotency.ts";
import { digestOf } from "./fake-cryptography.ts";
import { ObjectHost } from "./object-host.ts";
import { Unreliable } from "./unreliable.ts";

export const RETENTION_MS = 6 * 3_600_000;
const LEASE_MS = 60_000;
const NEWS_MS = 20_000;
/** A client gives a request up that is not answered by then, and makes it again. */
const PATIENCE_MS = 30_000;
const TRIES = 8;
const QUEUE = "JOBS_QUEUE";
const never = new Promise<never>(() => undefined);

/** One thing that happens from outside. */
export type FaceStep =
  | { readonly kind: "typed" | "run"; readonly key: number; readonly isOther: boolean }
  | { readonly kind: "worker"; readonly isFaithful: boolean }
  | { readonly kind: "write"; readonly which: number; readonly isGuarded: boolean }
  | { readonly kind: "remove"; readonly which: number }
  | { readonly kind: "reset" | "kill Workers" }
  | { readonly kind: "pass"; readonly ms: number };

export type StoredTyped = {
  readonly id: string;
  readonly version: number;
  readonly status: string;
  readonly revision: number;
};
type Hosts<T extends { alarm(): Promise<void> }> = Map<string, ObjectHost<T>>;

/** Typed jobs, deliveries and keys: real objects, and models of clients, workers, receivers, queue and rows. */
export class FacesWorld extends Unreliable {
  readonly typed: Hosts<TypedJobObject> = new Map();
  readonly deliveries: Hosts<WebhookObject> = new Map();
  readonly keys: Hosts<IdempotencyObject> = new Map();
  readonly rows = new Map<string, TypedJobRow>();
  readonly deliveryRows = new Map<string, DeliveryRow>();
  /** Jobs whose message a queue took. */
  readonly sent = new Set<string>();
  /** Typed jobs that a client was told of. */
  readonly answered = new Set<string>();
  readonly removed = new Set<string>();
  /** What was answered 2xx to the completion of a job. */
  readonly completed = new Map<string, string>();
  /** How often each job was taken by a worker who was told so. */
  readonly claims = new Map<string, number>();
  /** Runs that were made, by what they were made of. */
  readonly made = new Map<string, string>();
  /** What was answered under a key, by key and body. */
  readonly told = new Map<string, string>();
  readonly arrived = new Set<string>();
  readonly wrong: string[] = [];
  wasReset = false;
  #workersLife = 0;

  typedOf(id: string): StoredTyped | undefined {
    return this.typed.get(id)?.data.get("job") as StoredTyped | undefined;
  }

  async take(step: FaceStep): Promise<void> {
    const at = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)];
    if (step.kind === "pass") await this.clock.pass(step.ms);
    else if (step.kind === "typed") void this.#submitTyped(step.key, step.isOther);
    else if (step.kind === "run") void this.#submitRun(step.key, step.isOther);
    else if (step.kind === "worker") void this.work(step.isFaithful);
    else if (step.kind === "kill Workers") this.#workersLife += 1;
    else if (step.kind === "reset") {
      this.wasReset = true;
      for (const hosts of [this.typed, this.deliveries, this.keys])
        for (const host of hosts.values()) host.reset();
    } else {
      const id = at([...this.answered], step.which);
      if (id === undefined || this.removed.has(id)) return;
      if (step.kind === "write") void this.#write(id, step.isGuarded).catch(() => undefined);
      else {
        this.removed.add(id);
        void this.#typedCall(id, (job) => job.remove(null)).catch(() => undefined);
      }
    }
  }

  /** A worker of typed jobs: takes the oldest that waits, sends news, and completes it; or falls silent. */
  async work(isFaithful: boolean): Promise<void> {
    for (;;) {
      const waiting = [...this.rows.values()].filter(({ status }) => status === "queued");
      const row = waiting.toSorted((a, b) => a.registeredAtMs - b.registeredAtMs)[0];
      if (row === undefined) return;
      const isTaken = await this.#claim(row.jobId).catch(() => false);
      if (!isTaken && this.typedOf(row.jobId) === undefined) this.rows.delete(row.jobId);
      if (!isTaken) {
        await this.clock.sleep(1_000);
        if (!this.isFaulty) continue;
        return;
      }
      if (!isFaithful && this.chance.is(0.5)) return;
      await this.#finish(row.jobId, isFaithful);
      if (this.isFaulty) return;
    }
  }

  /** What was left by writes of instances that were reset is swept, as by the cron. */
  sweep(): void {
    if (!this.wasReset) return;
    for (const id of this.rows.keys()) if (this.typedOf(id) === undefined) this.rows.delete(id);
  }

  /** A request of a Worker: when its process dies, nothing of it goes on. */
  #workerCall<R>(life: number, work: () => R | Promise<R>): Promise<R> {
    const isAlive = (): boolean => this.#workersLife === life;
    if (!isAlive()) return never;
    return this.call(work).then(
      (value) => (isAlive() ? value : never),
      (error: unknown) => (isAlive() ? Promise.reject(error as Error) : never),
    );
  }

  #typedCall<R>(id: string, work: (job: TypedJobObject) => R | Promise<R>): Promise<R> {
    return this.#workerCall(this.#workersLife, () => this.#typedHost(id).invoke(work));
  }

  #typedHost(id: string): ObjectHost<TypedJobObject> {
    const known = this.typed.get(id);
    if (known !== undefined) return known;
    const host = new ObjectHost(
      this.clock,
      id,
      this.#typedDeps(),
      (ctx, env) => new TypedJobObject(ctx, env),
    );
    this.typed.set(id, host);
    return host;
  }

  /** Sees what is stored before and after a write, by itself. */
  async #written(
    id: string,
    guard: WriteGuard,
    act: (job: TypedJobObject) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    return this.#typedCall(id, async (job) => {
      const before = structuredClone(this.typedOf(id));
      const outcome = await act(job);
      if (outcome.kind !== "written" || before === undefined) return outcome;
      const { versions } = guard;
      if (Array.isArray(versions) && !versions.includes(before.version))
        this.wrong.push(`${id} was written by who had not seen it as it was`);
      const isOver = ["completed", "error", "cancelled"].includes(before.status);
      if (isOver && outcome.job.status !== before.status) this.wrong.push(`${id} ended twice`);
      return outcome;
    });
  }

  async #claim(id: string): Promise<boolean> {
    return this.#typedCall(id, async (job) => {
      const taken = await job.claim(LEASE_MS);
      if (taken !== null) this.claims.set(id, (this.claims.get(id) ?? 0) + 1);
      return taken !== null;
    });
  }

  async #finish(id: string, isFaithful: boolean): Promise<void> {
    const { chance, clock } = this;
    const guard: WriteGuard = { versions: null, strict: true, owner: null };
    const beat = { status: null, errors: null, warnings: null, fillsNulls: false, leaseMs: null };
    for (let beats = chance.below(4); beats > 0; beats -= 1) {
      await clock.sleep(isFaithful ? NEWS_MS : chance.below(2 * LEASE_MS));
      await this.#written(id, guard, (job) => job.patch(beat, guard)).catch(() => undefined);
    }
    const payload = JSON.stringify({ of: id, by: chance.hex(8) });
    for (let tries = 0; tries < TRIES; tries += 1) {
      try {
        const outcome = await this.#written(id, guard, (job) =>
          job.complete({ payload, warnings: null }, guard),
        );
        if (outcome.kind === "written") this.completed.set(id, payload);
        return;
      } catch {
        await clock.sleep(chance.below(5_000));
      }
    }
  }

  /** Somebody changes a job that was read before, and may have changed since. */
  async #write(id: string, isGuarded: boolean): Promise<void> {
    const { chance, clock } = this;
    const read = await this.#typedCall(id, (job) => job.read());
    if (read === null) return;
    await clock.sleep(chance.below(20_000));
    const guard: WriteGuard = { versions: isGuarded ? [read.version] : null, strict: true, owner: null };
    const status = chance.is(0.2) ? ("cancelled" as const) : null;
    const change = { status, errors: null, warnings: ["seen"], fillsNulls: false, leaseMs: null };
    await this.#written(id, guard, (job) => job.patch(change, guard));
  }

  /** A client that makes its request until it is answered; false where it gives up. */
  async #untilAnswered(request: () => Promise<boolean>): Promise<void> {
    const { chance, clock } = this;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const late = clock.sleep(PATIENCE_MS).then(() => false);
      if (await Promise.race([request().catch(() => false), late])) return;
      await clock.sleep(1_000 + chance.below(120_000));
      if (this.isFaulty && chance.is(0.1)) return;
    }
  }

  #submitTyped(key: number, isOther: boolean): Promise<void> {
    const body = isOther ? "other" : "body";
    const id = `typed-${key}`;
    const job: NewTypedJob = {
      id,
      owner: null,
      settings: null,
      requestPayload: JSON.stringify({ key, body }),
      queue: key % 2 === 0 ? QUEUE : null,
      retentionMs: RETENTION_MS,
      webhooks: [
        { url: "https://a.example", signer: { kind: "service", secretName: "A" }, events: WEBHOOK_EVENTS },
      ],
      fingerprint: body,
    };
    return this.#untilAnswered(async () => {
      const { kind, job: made } = await this.#typedCall(id, (one) => one.create(job));
      if (kind === "other_body") return true;
      if (made.requestPayload !== job.requestPayload) this.wrong.push(`${id} answers for another body`);
      if (kind === "unsent") return false;
      this.answered.add(id);
      return true;
    });
  }

  /** A run under an Idempotency-Key, as the faces make it; what making one is, is a line in a list. */
  #submitRun(key: number, isOther: boolean): Promise<void> {
    const body = isOther ? "other" : "body";
    const of = `key-${key} ${body}`;
    return this.#untilAnswered(async () => {
      const life = this.#workersLife;
      const under = { scope: "runs/client", key: `key-${key}`, jobId: `run-${this.chance.hex(16)}` };
      const ids = { requestId: () => this.chance.hex(16) } as Ids;
      const outcome = await idempotently(this.#keysOf(life), ids, under, {
        run: async (jobId) => {
          await this.#workerCall(life, () => {
            if (!this.made.has(jobId)) this.made.set(jobId, of);
          });
          return { value: jobId, fingerprint: body, answer: jobId };
        },
        fingerprint: () => Promise.resolve(body),
      });
      if (outcome.kind === "in_flight") return false;
      if (outcome.kind === "other_body") return true;
      const id = outcome.kind === "fresh" ? outcome.value : outcome.answer;
      const before = this.told.get(of) ?? id;
      if (before !== id) this.wrong.push(`${of} was answered ${before} and ${id}`);
      this.told.set(of, id);
      return true;
    });
  }

  #keysOf(life: number): IdempotencyKeys {
    return {
      of: (scope, key) => {
        const known = this.keys.get(scope);
        const host =
          known ?? new ObjectHost(this.clock, scope, {}, (ctx, env) => new IdempotencyObject(ctx, env));
        this.keys.set(scope, host);
        const call = <R>(work: (keys: IdempotencyObject) => Promise<R>): Promise<R> =>
          this.#workerCall(life, () => host.invoke(work));
        return {
          begin: (claim, job) => call((keys) => keys.claimKey(key, claim, job)),
          complete: (claim, print, answer) => call((keys) => keys.completeKey(key, claim, print, answer)),
          abandon: (claim) => call((keys) => keys.abandonKey(key, claim)),
          lapse: (claim) => call((keys) => keys.lapseKey(key, claim)),
        };
      },
    };
  }

  #namespace(): DurableObjectNamespace {
    const stub = (name: string) => ({
      enqueue: (...args: Parameters<WebhookObject["enqueue"]>) =>
        this.call(() => this.#deliveryHost(name).invoke((delivery) => delivery.enqueue(...args))),
    });
    return { idFromName: (name: string) => name, get: stub } as unknown as DurableObjectNamespace;
  }

  #deliveryHost(name: string): ObjectHost<WebhookObject> {
    const known = this.deliveries.get(name);
    if (known !== undefined) return known;
    const host = new ObjectHost(
      this.clock,
      digestOf(name),
      this.#webhookDeps(name),
      (ctx, env) => new WebhookObject(ctx, env),
    );
    this.deliveries.set(name, host);
    return host;
  }

  /** A receiver that is away at times; who was heard by it must not come again. */
  async #receive(name: string, body: string): Promise<SendOutcome> {
    const { chance, clock } = this;
    const delivery = this.deliveries.get(name)?.data.get("delivery") as Delivery | undefined;
    if (delivery?.state === "delivered") this.wrong.push(`${name} was sent after it had arrived`);
    await clock.sleep(chance.below(200));
    if (this.isFaulty && chance.is(0.15)) return { kind: "failed", error: "timeout" };
    if (this.isFaulty && chance.is(0.1)) return { kind: "answered", status: 500, retryAfter: null };
    const { revision, job_id: id } = (JSON.parse(body) as { data: { revision: number; job_id: string } })
      .data;
    this.arrived.add(`${id} ${revision}`);
    return { kind: "answered", status: 200, retryAfter: null };
  }

  #webhookDeps(name: string): WebhookDeps {
    const { clock, chance } = this;
    const deps = {
      now: () => clock.now,
      random: () => chance.next(),
      tally: () => undefined,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      send: ({ body }: { body: string }) => this.#receive(name, body),
      rows: {
        upsert: (row: DeliveryRow) => this.call(() => void this.deliveryRows.set(row.id, row)),
        remove: (id: string) => this.call(() => void this.deliveryRows.delete(id)),
      },
    };
    return deps as unknown as WebhookDeps;
  }

  #typedDeps(): TypedJobDeps {
    const { clock } = this;
    const webhooks = durableWebhooks(this.#namespace());
    const deps = {
      now: () => clock.now,
      tally: () => undefined,
      zone: "UTC",
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      rows: {
        upsert: (row: TypedJobRow) =>
          this.call(() => {
            if ((this.rows.get(row.jobId)?.version ?? 0) < row.version) this.rows.set(row.jobId, row);
          }),
        remove: ({ jobId }: { jobId: string }) => this.call(() => void this.rows.delete(jobId)),
      },
      objects: { work: () => ({ ring: () => this.call(() => undefined) }) },
      queue: () => ({
        send: (message: string) =>
          this.call(() => void this.sent.add((JSON.parse(message) as { job_id: string }).job_id)),
      }),
      webhooks: () => ({ announce: webhooks.announce }),
    };
    return deps as unknown as TypedJobDeps;
  }
}
