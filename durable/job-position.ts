import type { JobStorage } from "../src/adapters/job-storage.ts";
import type { JobDeps } from "../src/deps/types.ts";
import type { JobRecord } from "../src/domain/job/record.ts";
import type { LogSockets } from "./log-sockets.ts";

/** Most jobs find an executor at once: the pool is asked only for one that is watched and still waits after this. */
const ASK_MS = 1_000;

const waitsForExecutor = (record: JobRecord | null): boolean =>
  record !== null && record.state === "queued" && record.task.kind === "program";

/** Tells those who read the job's frames its place in the queue, which the pool knows. */
export class JobPosition {
  readonly #deps: Pick<JobDeps, "pool" | "log">;
  readonly #objectId: string;
  readonly #storage: JobStorage;
  readonly #sockets: LogSockets;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    deps: Pick<JobDeps, "pool" | "log">,
    objectId: string,
    { storage, sockets }: { storage: JobStorage; sockets: LogSockets },
  ) {
    this.#deps = deps;
    this.#objectId = objectId;
    this.#storage = storage;
    this.#sockets = sockets;
  }

  /** Asks the pool a little later, if somebody watches then and the job still waits. */
  askSoon(): void {
    if (!this.#isWanted()) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.ask();
    }, ASK_MS);
  }

  /** Asks the pool, which tells of later changes by itself for as long as it remembers. */
  ask(): void {
    if (!this.#isWanted()) return;
    this.#deps.pool
      .watch(this.#objectId)
      .then((position) => position !== null && this.told(position))
      .catch((error) => this.#deps.log.error("job.position_unknown", error));
  }

  /** Passes the pool's word on; false where nobody wants to hear it any more. */
  told(position: number): boolean {
    if (!this.#isWanted()) return false;
    this.#sockets.queued(position);
    return true;
  }

  #isWanted(): boolean {
    return waitsForExecutor(this.#storage.record()) && this.#sockets.isFollowed;
  }
}
