import type { VirtualClock } from "./virtual-clock.ts";

/** The pool's side of an executor's socket, as the platform gives it to an object. */
export class ServerSocket {
  readyState = 1;
  readonly tags: readonly string[];
  readonly deliver: (data: string) => void;
  readonly ended: (code: number) => void;
  #attachment: unknown = null;

  constructor(tags: readonly string[], deliver: (data: string) => void, ended: (code: number) => void) {
    this.tags = tags;
    this.deliver = deliver;
    this.ended = ended;
  }

  send(data: string): void {
    if (this.readyState !== 1) throw new Error("the socket is closed");
    this.deliver(data);
  }

  close(code: number): void {
    if (this.readyState !== 1) return;
    this.readyState = 3;
    this.ended(code);
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = structuredClone(value);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }
}

const never = new Promise<never>(() => undefined);

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** What an instance acts through: once it is reset, it calls nobody and hears nothing any more. */
const guarded = <T>(deps: T, isHere: () => boolean): T => {
  if (typeof deps === "function") {
    return ((...args: unknown[]) => {
      if (!isHere()) return never;
      const answer: unknown = Reflect.apply(deps, undefined, args);
      // A part that is asked for, such as one queue of several, is guarded like the rest.
      if (!(answer instanceof Promise)) return isPlain(answer) ? guarded(answer, isHere) : answer;
      return answer.then(
        (value: unknown) => (isHere() ? value : never),
        (error: unknown) => (isHere() ? Promise.reject(error as Error) : never),
      );
    }) as T;
  }
  if (deps === null || typeof deps !== "object") return deps;
  return Object.fromEntries(Object.entries(deps).map(([name, value]) => [name, guarded(value, isHere)])) as T;
};

type Alarmed = { alarm(): Promise<void> };
type Listing = { prefix?: string; end?: string; reverse?: boolean; limit?: number };

/**
 * The platform around one object: its storage and sockets outlive its instances, calls to an instance that is
 * reset fail, and whatever an instance still does after its reset has no effect.
 */
export class ObjectHost<T extends Alarmed> {
  readonly data = new Map<string, unknown>();
  sockets: ServerSocket[] = [];
  alarmAtMs: number | null = null;
  /** When an instance was last heard by the platform, for a socket. */
  pingedAtMs: (socket: ServerSocket) => number = () => 0;
  readonly #clock: VirtualClock;
  readonly id: string;
  readonly #make: (ctx: DurableObjectState, env: { deps: object }) => T;
  readonly #deps: object;
  #instance: T | null = null;
  #epoch = 0;
  #timer: number | undefined;
  /** The epoch of the instance whose alarm is at work. */
  #ringsIn: number | null = null;
  /** An alarm came due meanwhile. */
  #isDue = false;
  #pending = new Set<(error: Error) => void>();

  constructor(
    clock: VirtualClock,
    id: string,
    deps: object,
    make: (ctx: DurableObjectState, env: { deps: object }) => T,
  ) {
    this.#deps = deps;
    this.#clock = clock;
    this.id = id;
    this.#make = make;
  }

  get instance(): T {
    if (this.#instance === null) {
      const epoch = this.#epoch;
      const deps = guarded(this.#deps, () => this.#epoch === epoch);
      this.#instance = this.#make(this.#context(), { deps });
    }
    return this.#instance;
  }

  /** A call as a stub makes it: one that is under way when the object is reset fails. */
  async invoke<R>(work: (instance: T) => R | Promise<R>): Promise<R> {
    const gone = Promise.withResolvers<never>();
    this.#pending.add(gone.reject);
    gone.promise.catch(() => undefined);
    try {
      return await Promise.race([(async () => work(this.instance))(), gone.promise]);
    } finally {
      this.#pending.delete(gone.reject);
    }
  }

  /** The instance goes, with its memory and its sockets; what it stored stays. */
  reset(): void {
    this.#epoch += 1;
    this.#instance = null;
    for (const reject of this.#pending) reject(new Error("the object was reset"));
    this.#pending.clear();
    for (const socket of this.sockets.splice(0)) {
      socket.readyState = 3;
      socket.ended(1006);
    }
  }

  #setAlarm(atMs: number | null): void {
    this.#clock.cancel(this.#timer);
    this.alarmAtMs = atMs;
    if (atMs !== null) this.#timer = this.#clock.after(atMs - this.#clock.now, () => void this.#ring());
  }

  /** At least once: an alarm whose instance went, or that threw, rings again; and never while one is at work. */
  async #ring(): Promise<void> {
    const epoch = this.#epoch;
    if (this.#ringsIn === epoch) {
      this.#isDue = true;
      return;
    }
    this.alarmAtMs = null;
    this.#ringsIn = epoch;
    this.#isDue = false;
    try {
      await this.invoke((instance) => instance.alarm());
    } catch {
      // Rung again below.
    }
    if (this.#ringsIn === epoch) this.#ringsIn = null;
    if (this.#epoch === epoch && this.#isDue) return this.#ring();
    if (this.#epoch !== epoch && this.alarmAtMs === null) this.#setAlarm(this.#clock.now + 2_000);
  }

  #list({ prefix = "", end, reverse = false, limit = Number.POSITIVE_INFINITY }: Listing = {}) {
    const keys = [...this.data.keys()]
      .filter((key) => key.startsWith(prefix) && (end === undefined || key < end))
      .toSorted();
    const inOrder = reverse ? keys.reverse() : keys;
    return inOrder.slice(0, limit).map((key) => [key, structuredClone(this.data.get(key))] as const);
  }

  #context(): DurableObjectState {
    const epoch = this.#epoch;
    const isHere = (): boolean => this.#epoch === epoch;
    const settled = async <R>(work: () => R): Promise<R> => (isHere() ? work() : never);
    const storage = {
      kv: {
        get: (key: string) => (isHere() ? structuredClone(this.data.get(key)) : undefined),
        put: (key: string, value: unknown) => {
          if (isHere()) this.data.set(key, structuredClone(value));
        },
        delete: (key: string) => isHere() && this.data.delete(key),
        list: (options?: Listing) => (isHere() ? this.#list(options) : []),
      },
      getAlarm: () => settled(() => this.alarmAtMs),
      setAlarm: (atMs: number) => settled(() => this.#setAlarm(atMs)),
      deleteAlarm: () => settled(() => this.#setAlarm(null)),
      deleteAll: () =>
        settled(() => {
          this.data.clear();
          this.#setAlarm(null);
        }),
    };
    const ctx = {
      id: { toString: () => this.id },
      storage,
      waitUntil: (work: Promise<unknown>) => {
        work.catch(() => undefined);
      },
      setWebSocketAutoResponse: () => undefined,
      acceptWebSocket: (socket: ServerSocket, tags: readonly string[] = []) => {
        if (!isHere()) return;
        Object.assign(socket, { tags });
        this.sockets.push(socket);
      },
      getWebSockets: (tag?: string) =>
        isHere()
          ? this.sockets.filter(
              ({ tags, readyState }) => readyState === 1 && (tag === undefined || tags.includes(tag)),
            )
          : [],
      getWebSocketAutoResponseTimestamp: (socket: ServerSocket) => new Date(this.pingedAtMs(socket)),
    };
    return ctx as unknown as DurableObjectState;
  }
}
