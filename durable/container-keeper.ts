import { z } from "zod";
import type { ContainerDeps } from "../src/deps/types.ts";
import type { ContainerEnd } from "../src/domain/ports/executor-containers.ts";
import { executorHealth } from "../src/wire/attempt.ts";
import { CONTAINER_PORT } from "../src/wire/limits.ts";

const KEPT = "container";
const LOOK_MS = 60_000;
/** A container that just started is looked at sooner. */
const FIRST_LOOK_MS = 20_000;
const HEALTH_MS = 5_000;
/** The runtime counts connections to a container, not what it sends: without this a busy one is put to sleep. */
const INACTIVITY_MS = 15 * 60_000;
/** One that neither joined nor answered for so long is destroyed. */
const DEAD_MS = 120_000;
/** Starting throws where no instance is free at the moment. */
const START_TRIES = 5;
const START_RETRY_MS = 1_000;
const SIGTERM = 15;

const kept = z.object({
  name: z.string(),
  startToken: z.string(),
  /** Since when it neither answers nor has joined; null while it does. */
  silentSinceMs: z.number().nullable().default(null),
  /** Since when it holds nothing; null while it holds something. */
  idleSinceMs: z.number().nullable(),
});
type Kept = z.infer<typeof kept>;

type Health = { readonly held: number } | null;

/** Starts, keeps and stops one container. What it learns is told to the pool, which decides about others. */
export class ContainerKeeper {
  readonly #deps: ContainerDeps;
  readonly #storage: DurableObjectStorage;
  readonly #container: Container | null;

  constructor(deps: ContainerDeps, storage: DurableObjectStorage, container: Container | null) {
    this.#deps = deps;
    this.#storage = storage;
    this.#container = container;
  }

  /** Attaches to a container that runs already: this object was moved or reset, the container was not. */
  watchRunning(): void {
    if (this.#container?.running) this.#watch(this.#container);
  }

  async start(name: string, startToken: string): Promise<void> {
    const container = this.#container;
    if (container === null)
      return this.#tell(name, { kind: "failed", reason: "this deployment has no container" });
    this.#keep({ name, startToken, silentSinceMs: null, idleSinceMs: null });
    const failure = await this.#startWithRetries(container, name, startToken);
    if (failure !== null) return this.#tell(name, { kind: "failed", reason: failure });
    this.#watch(container);
    await this.#storage.setAlarm(this.#deps.now() + FIRST_LOOK_MS);
  }

  /** Never throws: an alarm that fails too often is dropped, and with it the watch over the container. */
  async look(): Promise<void> {
    const container = this.#container;
    const known = this.#kept();
    if (container === null || known === null || !container.running) return;
    try {
      await container.setInactivityTimeout(INACTIVITY_MS);
      await this.#judge(container, known);
    } catch (error) {
      this.#deps.log.error("container.look_failed", error, { container: known.name });
    }
    if (container.running) await this.#storage.setAlarm(this.#deps.now() + this.#untilNextLookMs());
  }

  async #judge(container: Container, known: Kept): Promise<void> {
    const now = this.#deps.now();
    const health = await this.#health(container, known.startToken);
    const isIdle = health !== null && health.held === 0;
    const idleSinceMs = isIdle ? (known.idleSinceMs ?? now) : null;
    const isAlive = health !== null || (await this.#deps.pool.containerHasJoined(known.name));
    const silentSinceMs = isAlive ? null : (known.silentSinceMs ?? now);
    // A look that finds nothing new writes nothing: it comes every minute, for as long as the container runs.
    if (idleSinceMs !== known.idleSinceMs || silentSinceMs !== known.silentSinceMs)
      this.#keep({ ...known, silentSinceMs, idleSinceMs });
    if (idleSinceMs !== null && now - idleSinceMs >= this.#deps.idleMs) container.signal(SIGTERM);
    else if (silentSinceMs !== null && now - silentSinceMs >= DEAD_MS)
      await container.destroy("it neither joined nor answered");
  }

  /** Idle containers are looked at when their time is up. */
  #untilNextLookMs(): number {
    return this.#kept()?.idleSinceMs == null ? LOOK_MS : Math.min(LOOK_MS, this.#deps.idleMs);
  }

  async #health(container: Container, startToken: string): Promise<Health> {
    try {
      const response = await container.getTcpPort(CONTAINER_PORT).fetch("http://executor/health", {
        headers: { authorization: `Bearer ${startToken}` },
        signal: AbortSignal.timeout(HEALTH_MS),
      });
      const { slots } = executorHealth.parse(await response.json());
      return { held: slots.held };
    } catch (error) {
      this.#deps.log.info("container.no_health", {
        message: error instanceof Error ? error.name : "unknown",
      });
      return null;
    }
  }

  /** Null when it runs, else why it does not. */
  async #startWithRetries(container: Container, name: string, startToken: string): Promise<string | null> {
    const env = { ...this.#deps.containerEnv, EXECUTOR_NAME: name, EXECUTOR_START_TOKEN: startToken };
    let reason = "";
    for (let failures = 0; failures < START_TRIES; failures += 1) {
      try {
        if (!container.running) container.start({ enableInternet: true, env });
        this.#deps.tally("container_starts", "started");
        return null;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        this.#deps.tally("container_starts", "failed");
        this.#deps.log.error("container.start_failed", error, { container: name });
        await scheduler.wait(START_RETRY_MS * 2 ** failures);
      }
    }
    return reason;
  }

  #watch(container: Container): void {
    container.monitor().then(
      () => this.#ended("it exited"),
      (error: unknown) => this.#ended(error instanceof Error ? error.message : String(error)),
    );
  }

  /** Best effort: the runtime does not always know why a container ended. */
  async #ended(reason: string): Promise<void> {
    const known = this.#kept();
    if (known === null) return;
    this.#deps.log.info("container.exited", { container: known.name, reason });
    await this.#storage.deleteAlarm();
    await this.#tell(known.name, { kind: "exited", reason });
  }

  async #tell(name: string, end: ContainerEnd): Promise<void> {
    try {
      await this.#deps.pool.containerEnded(name, end);
    } catch (error) {
      // The pool finds a container that does not join to have failed, in its own time.
      this.#deps.log.error("container.news_failed", error, { container: name });
    }
  }

  #kept(): Kept | null {
    const parsed = kept.safeParse(this.#storage.kv.get(KEPT));
    return parsed.success ? parsed.data : null;
  }

  #keep(next: Kept): void {
    this.#storage.kv.put(KEPT, next);
  }
}
