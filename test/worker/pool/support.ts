import { evictDurableObject, runInDurableObject, SELF } from "cloudflare:test";
import type { PoolView } from "../../../src/domain/pool/view.ts";
import { type FromExecutor, fromExecutor, type ToExecutor, toExecutor } from "../../../src/wire/pool.ts";
import { testEnv } from "../support/env.ts";
import { eventually } from "../support/eventually.ts";
import { HandAttempt, joinHeaders, newInstance } from "../support/hand-executor.ts";

export const poolStub = (): DurableObjectStub => testEnv.POOL_OBJECT.getByName("default");

export const viewOf = (): Promise<PoolView> =>
  (poolStub() as unknown as { view(): Promise<PoolView> }).view();

/** How many jobs the pool has in storage. */
export const storedWaiting = (): Promise<number> =>
  runInDurableObject(
    poolStub(),
    (_instance, { storage }) => [...storage.kv.list({ prefix: "wait/" })].length,
  );

/** Takes the pool out of memory; its sockets are hibernated. */
export const evictPool = (): Promise<void> => evictDurableObject(poolStub());

type SeatOptions = {
  readonly slots?: number;
  readonly memoryMb?: number;
  readonly environments?: readonly string[];
  readonly languages?: readonly string[];
  /** 1 is an executor of before languages, which says nothing of them. */
  readonly protocol?: number;
  /** Answers offers itself: accepted, or this reason. */
  readonly answers?: "accepted" | "busy" | "environment" | "nothing";
};

/** An executor of which the test sees and says every message. */
export class Seat {
  readonly instance: string;
  readonly heard: ToExecutor[] = [];
  readonly attempts: HandAttempt[] = [];
  closed: number | null = null;
  answers: NonNullable<SeatOptions["answers"]>;
  readonly #options: SeatOptions;
  #socket: WebSocket | null = null;

  constructor(options: SeatOptions = {}, instance = newInstance()) {
    this.#options = options;
    this.answers = options.answers ?? "accepted";
    this.instance = instance;
  }

  /** Joins, at the tests' service unless another is given. */
  async join(
    headers: Record<string, string> = {},
    at: (url: string, headers: Record<string, string>) => Promise<Response> = (url, all) =>
      SELF.fetch(url, { headers: all }),
  ): Promise<this> {
    const joining = { ...(await joinHeaders(this.instance)), ...headers };
    const response = await at("http://sandpiper.test/pool/join", joining);
    const { webSocket: socket } = response;
    if (socket === null) throw new Error(`${response.status} ${await response.text()}`);
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code }) => {
      this.closed = code;
    });
    socket.accept();
    this.#socket = socket;
    await eventually("the welcome", () => this.heard.find(({ type }) => type === "welcome") ?? null);
    await eventually("the pool to know it", async () => {
      const { executors } = await viewOf();
      return executors.find(({ instance }) => instance === this.instance) ?? null;
    });
    return this;
  }

  say(message: FromExecutor): void {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(fromExecutor.parse(message)));
    }
  }

  sayRaw(text: string): void {
    this.#socket?.send(text);
  }

  /** Breaks off without a word, as a lost connection does; 1000 is leaving in order. */
  close(code = 3000): void {
    this.#socket?.close(code);
  }

  hello(held: readonly { attempt_id: string; memory_mb: number }[] = []): void {
    const names = this.#options.environments ?? ["default"];
    const protocol = this.#options.protocol ?? 2;
    const languages = (this.#options.languages ?? []).map((id) => ({ id, version: "1", versionText: "1" }));
    const said = {
      type: "hello",
      protocol,
      version: "1.2.3",
      name: "seat",
      slots: this.#options.slots ?? 4,
      memory_mb: this.#options.memoryMb ?? 100_000,
      environments: names.map((name) => ({
        name,
        description: "",
        interpreters: ["python3"],
        packages: [],
        diskBytes: 0,
        uses: 0,
      })),
      isolation: 1,
      held: [...held],
      ...(protocol === 1 ? {} : { languages, accounting: "cgroup-v2" }),
      ...(protocol < 3 ? {} : { colours: ["what only a newer one says"] }),
    };
    this.sayRaw(JSON.stringify(said));
  }

  /** The next attempt that it takes. */
  async attempt(): Promise<HandAttempt> {
    return eventually("an attempt", () => this.attempts.shift() ?? null);
  }

  /** Offers that it was made, of one job. */
  offersOf(objectId: string): number {
    return this.heard.filter(
      (message) => message.type === "offer" && message.attempt?.attemptId.startsWith(objectId),
    ).length;
  }

  #take(frame: string): void {
    const message = toExecutor.parse(JSON.parse(frame));
    this.heard.push(message);
    if (message.type === "welcome") this.hello();
    if (message.type !== "offer" || message.attempt === undefined) return;
    const { attemptId: attempt_id } = message.attempt;
    const { memory_mb } = message;
    if (this.answers === "accepted") {
      const released = (): void => this.say({ type: "released", attempt_id, memory_mb });
      this.attempts.push(new HandAttempt(message.attempt, released));
      this.say({ type: "accepted", attempt_id, memory_mb });
    } else if (this.answers !== "nothing") {
      this.say({ type: "refused", attempt_id, reason: this.answers });
    }
  }
}
