import { JobObject } from "../../durable/job-object.ts";
import { PoolObject } from "../../durable/pool-object.ts";
import { JOINING } from "../../src/adapters/pool.ts";
import type { JobDeps, PoolDeps } from "../../src/deps/types.ts";
import type { NewJob } from "../../src/domain/job/new-job.ts";
import type { PoolEntry } from "../../src/domain/pool/types.ts";
import type { JobHandle } from "../../src/domain/ports/job-objects.ts";
import type { JobRow } from "../../src/domain/ports/job-rows.ts";
import type { Pool } from "../../src/domain/ports/pool.ts";
import { WEBHOOK_EVENTS } from "../../src/domain/webhooks/event.ts";
import { type FromExecutor, type ToExecutor, toExecutor } from "../../src/wire/pool.ts";
import { ExecutorModel, type Ran } from "./executor-model.ts";
import { digestOf, fakeSignatures } from "./fake-cryptography.ts";
import { ObjectHost, ServerSocket } from "./object-host.ts";
import { Unreliable } from "./unreliable.ts";

const RETENTION_MS = 10 * 3_600_000;
const MIB = 1_048_576;
const QUOTA_CLIENTS = 3;
const SLOT_LEASE_MS = 105 * 60_000;

/** Slots by when their leases end. */
type Quota = { readonly slots: Map<string, number>; charged: number };
type SocketEvents = { onMessage(message: ToExecutor): void; onClose(): void };

/** One thing that happens from outside. */
export type Step =
  | { readonly kind: "submit"; readonly client: number }
  | { readonly kind: "cancel" | "remove"; readonly which: number }
  | { readonly kind: "start executor"; readonly slots: number; readonly lies: boolean }
  | { readonly kind: "kill" | "leave" | "suspend"; readonly which: number }
  | { readonly kind: "reset pool" | "reset jobs" }
  | { readonly kind: "pass"; readonly ms: number };

const refused = (): never => {
  throw new Error("not there");
};

/** The service's core on a platform that a seed makes unreliable: real objects, models of everything around them. */
export class World extends Unreliable {
  readonly jobs = new Map<string, ObjectHost<JobObject>>();
  readonly pool: ObjectHost<PoolObject>;
  readonly executors: ExecutorModel[] = [];
  readonly rows = new Map<string, JobRow>();
  readonly quotas = new Map<string, Quota>();
  readonly announced = new Map<string, Set<string>>();
  /** What attempts did, by their ids. */
  readonly ran = new Map<string, Ran>();
  /** Jobs whose creation was answered. */
  readonly created = new Set<string>();
  readonly removed = new Set<string>();
  /** What was seen to go wrong on the way. */
  readonly wrong: string[] = [];
  calmAtMs = 0;
  #ids = 0;
  #wasReset = false;

  constructor(seed: number) {
    super(seed);
    this.pool = new ObjectHost(this.clock, "pool", this.#poolDeps(), (ctx, env) => new PoolObject(ctx, env));
    this.pool.pingedAtMs = (socket) =>
      this.executors.some(({ instance, isAwake }) => socket.tags.includes(instance) && isAwake)
        ? this.clock.now
        : 0;
  }

  /** Id of the attempt that holds a job, as it is stored. */
  holderOf(objectId: string): string | null {
    const record = this.jobs.get(objectId)?.data.get("job") as { attempt: { id: string } | null } | undefined;
    return record?.attempt?.id ?? null;
  }

  jobCall<R>(objectId: string, work: (job: JobObject) => R | Promise<R>): Promise<R> {
    const host = this.jobs.get(objectId);
    return this.call(() => (host === undefined ? refused() : host.invoke(work)));
  }

  async take(step: Step): Promise<void> {
    const { clock, chance } = this;
    const at = <T>(all: readonly T[], which: number): T | undefined => all[which % Math.max(1, all.length)];
    const alive = this.executors.filter(({ isAlive }) => isAlive);
    if (step.kind === "pass") await clock.pass(step.ms);
    else if (step.kind === "submit") void this.#submit(step.client);
    else if (step.kind === "start executor") {
      const executor = new ExecutorModel(this, step.slots);
      executor.isLiar = step.lies;
      this.executors.push(executor);
    } else if (step.kind === "kill") at(alive, step.which)?.kill();
    else if (step.kind === "leave") at(alive, step.which)?.leave();
    else if (step.kind === "suspend") {
      const executor = at(alive, step.which);
      if (executor !== undefined) executor.suspendedUntilMs = clock.now + 10_000 + chance.below(90_000);
    } else if (step.kind === "reset pool") this.pool.reset();
    else if (step.kind === "reset jobs") {
      this.#wasReset = true;
      for (const host of this.jobs.values()) host.reset();
    } else {
      const objectId = at([...this.created], step.which);
      if (objectId === undefined || this.removed.has(objectId)) return;
      if (step.kind === "remove") this.removed.add(objectId);
      const isRemoval = step.kind === "remove";
      void this.jobCall(objectId, async (job) => {
        if (isRemoval) await job.remove();
        else await job.cancel();
      }).catch(() => undefined);
    }
  }

  /** From here on nothing goes wrong any more, and there is an executor that works. */
  calm(): void {
    this.isFaulty = false;
    this.calmAtMs = this.clock.now;
    for (const executor of this.executors) executor.suspendedUntilMs = 0;
    for (const executor of this.executors) if (executor.isLiar) executor.kill();
    const executor = new ExecutorModel(this, 8);
    this.executors.push(executor);
  }

  /** The cron's second line: a write of an instance that was reset may land after the job is gone. */
  sweep(): void {
    if (!this.#wasReset) return;
    for (const objectId of [...this.rows.keys()]) {
      if (this.jobs.get(objectId)?.instance.forDownload() === null) this.rows.delete(objectId);
    }
  }

  /** Opens an executor's socket to the pool, as the Worker does once it has checked who it is. */
  async openSocket(executor: ExecutorModel, events: SocketEvents): Promise<void> {
    const { clock, chance } = this;
    let isOpen = true;
    const opened = Promise.withResolvers<void>();
    /** Frames arrive in their order, a little later. */
    let lastAtMs = 0;
    const inOrder = (act: () => void): void => {
      lastAtMs = Math.max(lastAtMs, clock.now + 1 + chance.below(5));
      clock.after(lastAtMs - clock.now, act);
    };
    const server = new ServerSocket(
      [],
      (data) =>
        inOrder(() => {
          const message = toExecutor.parse(JSON.parse(data));
          void opened.promise.then(() => isOpen && events.onMessage(message));
        }),
      () =>
        inOrder(() => {
          if (!isOpen) return;
          isOpen = false;
          events.onClose();
        }),
    );
    const sent = (act: (pool: PoolObject) => void): void =>
      inOrder(() => {
        // A reset closed it: what was on its way is lost.
        if (!this.pool.sockets.includes(server)) return;
        this.pool.invoke(act).catch(() => undefined);
      });
    const hangUp = (code: number): void =>
      sent((pool) => {
        server.readyState = 3;
        this.pool.sockets = this.pool.sockets.filter((one) => one !== server);
        pool.webSocketClose(server as unknown as WebSocket, code);
      });
    try {
      await this.call(() =>
        this.pool.invoke(async (pool) => {
          pendingServer = server;
          const headers = new Headers({
            [JOINING.instance]: executor.instance,
            [JOINING.key]: executor.key,
          });
          await pool.fetch({ headers } as Request);
        }),
      );
    } catch (error) {
      // The pool may believe that it is there.
      isOpen = false;
      hangUp(1006);
      throw error;
    }
    executor.socket = {
      send: (message: FromExecutor) => {
        const data = JSON.stringify(message);
        sent((pool) => pool.webSocketMessage(server as unknown as WebSocket, data));
      },
      close: (code) => {
        isOpen = false;
        hangUp(code);
      },
    };
    opened.resolve();
  }

  async #submit(client: number): Promise<void> {
    this.#ids += 1;
    const objectId = this.#ids.toString(16).padStart(64, "0");
    const host = new ObjectHost(this.clock, objectId, this.#jobDeps(), (ctx, env) => new JobObject(ctx, env));
    this.jobs.set(objectId, host);
    const clientKey = `client ${client % QUOTA_CLIENTS}`;
    const job: NewJob = {
      id: `job-${objectId.slice(-32)}`,
      face: "runs",
      clientKey,
      task: {
        kind: "program",
        files: [],
        program: { interpreter: "bash", entrypoint: "main.sh", args: [], env: {}, environment: "default" },
        stdin: null,
        limits: {
          timeoutMs: 300_000,
          cpuMs: 10_000,
          memoryBytes: 512 * MIB,
          workspaceBytes: 100 * MIB,
          outputBytesPerStream: MIB,
          outputFiles: 10,
          outputFileBytes: MIB,
          outputTotalBytes: MIB,
        },
        inputs: { kind: "inline", bytes: new Uint8Array(1) },
        stripComponents: 0,
        outputRoot: ".",
        outputPatterns: [],
        jobHash: "0".repeat(64),
        asked: { interpreter: "bash", environment: "" },
      },
      queueWaitMs: 3_600_000,
      retentionMs: RETENTION_MS,
      webhooks: [
        { url: "https://a.example", signer: { kind: "job", clientKey: "k" }, events: WEBHOOK_EVENTS },
      ],
    } as unknown as NewJob;
    const takeSlot = () => this.call(() => this.#takeSlot(clientKey, objectId));
    const create = () => this.jobCall(objectId, (one) => one.create(job));
    try {
      // Both may be asked for twice: that gives one slot and one job.
      await takeSlot().catch(takeSlot);
      await create().catch(create);
      this.created.add(objectId);
    } catch {
      // Whether it is there, nobody knows; a slot that was taken for nothing ends with its lease.
    }
  }

  #quota(clientKey: string): Quota {
    const known = this.quotas.get(clientKey) ?? { slots: new Map<string, number>(), charged: 0 };
    this.quotas.set(clientKey, known);
    return known;
  }

  #takeSlot(clientKey: string, slot: string): void {
    this.#quota(clientKey).slots.set(slot, this.clock.now + SLOT_LEASE_MS);
  }

  #handleOf(objectId: string): JobHandle | null {
    if (!this.jobs.has(objectId)) return null;
    const call =
      <A extends unknown[], R>(work: (job: JobObject, ...args: A) => R | Promise<R>) =>
      (...args: A): Promise<R> =>
        this.jobCall(objectId, (job) => work(job, ...args));
    return {
      objectId,
      offer: call((job, ...args: Parameters<JobObject["offer"]>) => job.offer(...args)),
      poolEntry: call((job) => job.poolEntry()),
      giveUp: call((job, message: string) => job.giveUp(message)),
    } as unknown as JobHandle;
  }

  /** Messages of the queue come late, twice, and sometimes never: then the job asks by itself. */
  #enqueue(entry: PoolEntry): void {
    const { chance, clock } = this;
    const copies = this.isFaulty && chance.is(0.1) ? 2 : this.isFaulty && chance.is(0.05) ? 0 : 1;
    const deliver = async (): Promise<void> => {
      try {
        await this.call(() => this.pool.invoke((pool) => pool.place([entry])));
      } catch {
        clock.after(3_000, () => void deliver());
      }
    };
    for (let copy = 0; copy < copies; copy += 1) {
      clock.after(
        this.isFaulty && chance.is(0.1) ? chance.below(120_000) : chance.below(50),
        () => void deliver(),
      );
    }
  }

  #poolPort(): Pick<Pool, "place" | "withdraw" | "badSignature"> {
    return {
      place: (entries) => this.call(() => this.pool.invoke((pool) => pool.place(structuredClone(entries)))),
      withdraw: (objectId, holder) =>
        this.call(() => this.pool.invoke((pool) => pool.withdraw(objectId, holder))),
      badSignature: (instance) => this.call(() => this.pool.invoke((pool) => pool.badSignature(instance))),
    };
  }

  #jobDeps(): JobDeps {
    const { clock, chance } = this;
    const deps = {
      tally: () => undefined,
      now: () => clock.now,
      ids: {
        keyPart: () => chance.hex(32),
        isSame: (one: string, other: string) => one === other,
        hashOf: async (text: string) => digestOf(text),
      },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      rows: {
        upsert: (row: JobRow) =>
          this.slowCall(() => {
            const known = this.rows.get(row.objectId);
            if (known === undefined || known.version < row.version) this.rows.set(row.objectId, row);
          }),
        remove: (objectId: string) => this.call(() => void this.rows.delete(objectId)),
      },
      quotas: {
        hold: () => this.call(() => undefined),
        settle: (clientKey: string, slot: string, cpuSeconds: number) =>
          this.call(() => {
            const quota = this.#quota(clientKey);
            if (quota.slots.delete(slot)) quota.charged += cpuSeconds;
          }),
      },
      dispatchQueue: {
        sendProgram: (entry: PoolEntry) => this.call(() => this.#enqueue(entry)),
        sendFunction: refused,
      },
      pool: this.#poolPort(),
      signatures: fakeSignatures,
      bucket: { removeAll: () => this.call(() => undefined) },
      presigner: { get: async () => "http://r2.test/x", put: async () => "http://r2.test/x" },
      turnOf: async (client: string) => digestOf(client),
      webhooks: {
        announce: (_subscriptions: unknown, event: { objectId: string; type: string; atMs: number }) =>
          this.call(() => {
            const known = this.announced.get(event.objectId) ?? new Set<string>();
            known.add(`${event.type} ${event.atMs}`);
            this.announced.set(event.objectId, known);
          }),
      },
    };
    return deps as unknown as JobDeps;
  }

  #poolDeps(): PoolDeps {
    return {
      now: () => this.clock.now,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      jobs: { byId: refused, byObjectId: (objectId: string) => this.#handleOf(objectId) },
      containers: { exist: false, start: refused },
      maxContainers: 0,
      secret: () => this.chance.hex(32),
      hashOf: async (text: string) => digestOf(text),
      publicUrl: "http://sandpiper.test",
    } as unknown as PoolDeps;
  }
}

/** The socket that the next pair has on its server's side. */
let pendingServer: ServerSocket | null = null;

/** What the platform has and Node has not, as far as the objects use it. */
export const installPlatform = (): (() => void) => {
  const before = { Response: globalThis.Response, WebSocket: globalThis.WebSocket };
  Object.assign(globalThis, {
    Response: class {
      readonly status: number;
      constructor(_body: unknown, { status = 200 }: { status?: number } = {}) {
        this.status = status;
      }
    },
    WebSocket: { OPEN: 1 },
    WebSocketRequestResponsePair: class {},
    WebSocketPair: class {
      readonly 0 = null;
      readonly 1 = pendingServer;
    },
  });
  return () => Object.assign(globalThis, before);
};
