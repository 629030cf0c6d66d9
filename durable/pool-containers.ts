import type { PoolDeps } from "../src/deps/types.ts";
import {
  type ContainerRecord,
  containerSchema,
  ended,
  nextToStart,
  running,
  startableAtMs,
  starting,
  stoppedContainer,
} from "../src/domain/pool/containers.ts";
import type { ContainerView } from "../src/domain/pool/view.ts";
import type { ContainerEnd } from "../src/domain/ports/executor-containers.ts";
import type { PoolMembers } from "./pool-members.ts";

const PREFIX = "container/";

const nameOf = (index: number): string => `executor-${index}`;

/** Decides how many of the deployment's own containers run; each of them starts, keeps and stops itself. */
export class PoolContainers {
  readonly #deps: PoolDeps;
  readonly #storage: DurableObjectStorage;
  readonly #members: PoolMembers;
  /** Until then executors that went with a reset may come back. */
  readonly #quietUntilMs: number;
  /** Those that are about to be started, so that what comes meanwhile starts no second one. */
  readonly #aboutToStart = new Map<string, ContainerRecord>();

  constructor(deps: PoolDeps, storage: DurableObjectStorage, members: PoolMembers, quietMs: number) {
    this.#deps = deps;
    this.#storage = storage;
    this.#members = members;
    this.#quietUntilMs = members.absent().length > 0 ? deps.now() + quietMs : 0;
  }

  /** All that there may be. */
  records(): ContainerRecord[] {
    if (!this.#deps.containers.exist) return [];
    return Array.from({ length: this.#deps.maxContainers }, (_none, index) => this.#record(nameOf(index)));
  }

  views(): ContainerView[] {
    return this.records().map(({ name, state, reason, sinceMs }) => ({ name, state, reason, sinceMs }));
  }

  /** Something waits for which nobody has room: starts the next container, now or when one may be started. */
  wanted(): void {
    const records = this.records();
    if (records.length === 0) return;
    const now = this.#deps.now();
    const next = now < this.#quietUntilMs ? null : nextToStart(records, now);
    if (next !== null) {
      void this.#start(next);
      return;
    }
    const instants = records.flatMap((record) => startableAtMs(record, now) ?? []);
    if (instants.length > 0)
      void this.#wakeAt(Math.max(this.#quietUntilMs, Math.min(...instants), now + 1_000));
  }

  /** The container that was started with a token; null for an executor that is none. */
  async startedWith(startToken: string | null): Promise<string | null> {
    if (startToken === null) return null;
    const hash = await this.#deps.hashOf(startToken);
    return this.records().find(({ startTokenHash }) => startTokenHash === hash)?.name ?? null;
  }

  joined(name: string): void {
    this.#write(running(this.#record(name), this.#deps.now()));
  }

  ended(name: string, { reason }: ContainerEnd): void {
    this.#deps.log.info("pool.container_ended", { container: name, reason });
    this.#write(ended(this.#record(name), reason, this.#deps.now()));
  }

  async #start(container: ContainerRecord): Promise<void> {
    const { name } = container;
    const startToken = this.#deps.secret();
    this.#aboutToStart.set(name, starting(container, "", this.#deps.now()));
    this.#write(starting(container, await this.#deps.hashOf(startToken), this.#deps.now()));
    this.#aboutToStart.delete(name);
    try {
      await this.#deps.containers.start(name, startToken);
    } catch (error) {
      this.#deps.log.error("pool.container_not_started", error, { container: name });
      this.ended(name, { kind: "failed", reason: "it could not be told to start" });
    }
  }

  async #wakeAt(atMs: number): Promise<void> {
    const present = await this.#storage.getAlarm();
    if (present === null || present > atMs) await this.#storage.setAlarm(atMs);
  }

  #record(name: string): ContainerRecord {
    const stored = this.#storage.kv.get<object>(PREFIX + name);
    const known =
      this.#aboutToStart.get(name) ??
      (stored === undefined ? stoppedContainer(name) : containerSchema.read(stored));
    // A container whose executor came back after a reset runs, whatever was noted.
    return known.state !== "running" && this.#members.hasContainer({ name })
      ? running(known, known.sinceMs)
      : known;
  }

  #write(record: ContainerRecord): void {
    this.#storage.kv.put(PREFIX + record.name, containerSchema.stamp(record));
  }
}
