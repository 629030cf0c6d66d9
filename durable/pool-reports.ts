import type { PoolDeps } from "../src/deps/types.ts";
import { together } from "../src/domain/pool/capabilities.ts";
import { hasSlot } from "../src/domain/pool/room.ts";
import { type PoolSummary, quantilesOf } from "../src/domain/pool/summary.ts";
import type { PoolView } from "../src/domain/pool/view.ts";
import type { Capabilities } from "../src/domain/ports/pool.ts";
import { schemaOf } from "../src/domain/stored.ts";
import { VERSION } from "../src/domain/version.ts";
import { imageBuild } from "../src/wire/image-build.ts";
import type { PoolContainers } from "./pool-containers.ts";
import type { PoolMembers } from "./pool-members.ts";
import type { PoolPlacing } from "./pool-placing.ts";
import type { PoolWaiting } from "./pool-waiting.ts";

/** What the last executor of a kind could do: holds until the next one joins. */
const LAST_PREFIX = "capabilities/";
type Kind = "host" | "container";
type Last = Capabilities & { readonly version: string };
const lastSchema = schemaOf<Last>("what executors could do last");
/** So many unsigned results within so long put an executor out of use. */
const BAD_SIGNATURES = 3;
const BAD_SIGNATURES_MS = 10 * 60_000;

type Parts = {
  readonly members: PoolMembers;
  readonly waiting: PoolWaiting;
  readonly containers: PoolContainers;
  readonly placing: PoolPlacing;
  readonly storage: DurableObjectStorage;
};

/** What the pool tells of itself, and what it makes of results that nobody signed. */
export class PoolReports {
  readonly #deps: PoolDeps;
  readonly #parts: Parts;
  readonly #badAtMs = new Map<string, number[]>();

  constructor(deps: PoolDeps, parts: Parts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  summary(): PoolSummary {
    const { members, waiting, containers, placing } = this.#parts;
    const now = this.#deps.now();
    const executors = members.executors(now);
    const [first] = executors;
    const capabilities = this.capabilities();
    const total = (pick: (one: (typeof executors)[number]) => number): number =>
      executors.reduce((sum, one) => sum + pick(one), 0);
    const isStarting = containers.records().some(({ state }) => state === "starting");
    return {
      waiting: waiting.list.size,
      held: total(({ held }) => held),
      slots: total(({ slots }) => slots),
      isFull: waiting.list.size > 0 || !executors.some(hasSlot),
      status: first !== undefined ? "joined" : isStarting ? "starting" : "none",
      workerId: first?.key ?? null,
      isolation: first?.isolation ?? null,
      accounting: first?.accounting ?? null,
      environments: capabilities.environments.map(({ name }) => name),
      languages: capabilities.languages.map(({ id }) => id),
      quantiles: quantilesOf(waiting.list.instants()),
      placedLastMinute: placing.placedLastMinute(),
    };
  }

  /**
   * What executors can run. A container that could be started counts, as its image is known to be: by the last
   * one of this version, else by what the image is built with, as it does while no executor ever joined.
   */
  capabilities(): Capabilities {
    const present = this.#parts.members.capabilities();
    if (this.#deps.containers.exist) return together([present, this.#ofContainers()]);
    return present.environments.length > 0 ? present : (this.#last("host") ?? imageBuild);
  }

  /** Remembers what an executor that has joined can do. */
  joined(kind: Kind, { version, environments, languages }: Last): void {
    const last: Last = { version, environments, languages };
    if (JSON.stringify(this.#last(kind)) === JSON.stringify(last)) return;
    this.#parts.storage.kv.put(LAST_PREFIX + kind, lastSchema.stamp(last));
  }

  #last(kind: Kind): Last | null {
    const stored = this.#parts.storage.kv.get<object>(LAST_PREFIX + kind);
    return stored === undefined ? null : lastSchema.read(stored);
  }

  #ofContainers(): Capabilities {
    const last = this.#last("container");
    return last?.version === VERSION ? last : imageBuild;
  }

  view(): PoolView {
    const { members, containers, waiting } = this.#parts;
    const [oldest] = waiting.list.instants();
    return {
      executors: members.views(),
      containers: containers.views(),
      waiting: waiting.list.size,
      oldestCreatedAtMs: oldest ?? null,
    };
  }

  /** Counts a result that the executor's key did not sign; too many put it out of use until it is let go. */
  badSignature(instance: string): void {
    const now = this.#deps.now();
    const recent = (this.#badAtMs.get(instance) ?? []).filter((atMs) => now - atMs < BAD_SIGNATURES_MS);
    recent.push(now);
    this.#badAtMs.set(instance, recent);
    if (recent.length < BAD_SIGNATURES) return;
    this.#deps.log.error("pool.quarantined", "results that its key did not sign", { instance });
    this.#parts.members.quarantine(instance);
  }
}
