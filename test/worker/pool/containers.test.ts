import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ContainerKeeper } from "../../../durable/container-keeper.ts";
import { jsonLogger } from "../../../src/adapters/logger.ts";
import type { ContainerEnd } from "../../../src/domain/ports/executor-containers.ts";
import { startCounting } from "../support/counting.ts";
import { testEnv } from "../support/env.ts";

const TOKEN = "start-token-of-this-test";

/** The platform's container as far as an object of ours uses it: the test says how it fares. */
class StandIn {
  running = false;
  starts: { env?: Record<string, string> }[] = [];
  signals: number[] = [];
  destroyed: unknown[] = [];
  inactivityMs: number[] = [];
  /** Starts that throw before one works. */
  failures = 0;
  /** Answers for the health: held attempts, `null` for a connection that fails, `hang` for no answer. */
  held: number | null | "hang" = null;
  #exit = Promise.withResolvers<void>();

  start(options: { env?: Record<string, string> }): void {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error("there is no container instance that can be provided");
    }
    this.starts.push(options);
    this.running = true;
  }

  monitor(): Promise<void> {
    return this.#exit.promise;
  }

  exit(error?: Error): void {
    this.running = false;
    if (error === undefined) this.#exit.resolve();
    else this.#exit.reject(error);
    this.#exit = Promise.withResolvers();
  }

  signal(number: number): void {
    this.signals.push(number);
  }

  async destroy(error?: unknown): Promise<void> {
    this.destroyed.push(error);
    this.exit();
  }

  async setInactivityTimeout(ms: number): Promise<void> {
    this.inactivityMs.push(ms);
  }

  getTcpPort(_port: number) {
    return {
      fetch: async (_url: string, init: RequestInit): Promise<Response> => {
        if (this.held === null) throw new TypeError("connection refused");
        if (this.held === "hang") {
          return new Promise((_resolve, reject) =>
            init.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
          );
        }
        expect(new Headers(init.headers).get("authorization")).toBe(`Bearer ${TOKEN}`);
        return Response.json({
          status: "healthy",
          version: "1",
          workerId: "x",
          isolation: 2,
          accounting: "proc",
          isJoined: true,
          slots: { total: 4, busy: this.held, held: this.held },
        });
      },
    };
  }
}

let count = 0;

/** Runs a test in the object of a container, with a container that is made by hand. */
const inObject = async (
  test: (world: {
    keeper: ContainerKeeper;
    container: StandIn;
    ends: ContainerEnd[];
    asked: () => number;
    pass: (ms: number) => void;
    alarm: () => Promise<number | null>;
    joins: (joined: boolean) => void;
  }) => Promise<void>,
): Promise<void> => {
  count += 1;
  const namespace = testEnv.EXECUTOR_CONTAINER;
  if (namespace === undefined) throw new Error("the binding is missing");
  await runInDurableObject(namespace.getByName(`stand-in-${count}`), async (_instance, { storage }) => {
    let now = 1_800_000_000_000;
    let joined = false;
    const ends: ContainerEnd[] = [];
    let asked = 0;
    const container = new StandIn();
    const deps = {
      now: () => now,
      log: jsonLogger,
      pool: {
        containerHasJoined: async () => {
          asked += 1;
          return joined;
        },
        containerEnded: async (_name: string, end: ContainerEnd) => {
          ends.push(end);
        },
      },
      tally: () => undefined,
      idleMs: 60_000,
      containerEnv: { EXECUTOR_JOIN_URL: "http://sandpiper.test", EXECUTOR_MIN_ISOLATION: "2" },
    };
    const keeper = new ContainerKeeper(deps, storage, container as unknown as Container);
    await test({
      keeper,
      container,
      ends,
      asked: () => asked,
      pass: (ms) => {
        now += ms;
      },
      alarm: () => storage.getAlarm(),
      joins: (is) => {
        joined = is;
      },
    });
    await storage.deleteAll();
  });
};

afterEach(() => vi.restoreAllMocks());

describe("a container", () => {
  it("is started with its whole environment, and kept while it works", () =>
    inObject(async ({ keeper, container, ends, asked, pass, alarm }) => {
      await keeper.start("executor-0", TOKEN);
      expect(container.starts).toEqual([
        {
          enableInternet: true,
          env: {
            EXECUTOR_JOIN_URL: "http://sandpiper.test",
            EXECUTOR_MIN_ISOLATION: "2",
            EXECUTOR_NAME: "executor-0",
            EXECUTOR_START_TOKEN: TOKEN,
          },
        },
      ]);
      expect(await alarm()).not.toBeNull();
      container.held = 1;
      for (let minute = 0; minute < 30; minute += 1) {
        pass(60_000);
        await keeper.look();
      }
      expect(container.inactivityMs).toHaveLength(30);
      expect(container.inactivityMs[0]).toBeGreaterThanOrEqual(15 * 60_000);
      expect([container.signals, container.destroyed]).toEqual([[], []]);
      expect([ends, asked()]).toEqual([[], 0]);
    }));

  it("that answers only after 40 s is waited for", () =>
    inObject(async ({ keeper, container, pass }) => {
      await keeper.start("executor-0", TOKEN);
      for (const ms of [20_000, 20_000]) {
        pass(ms);
        await keeper.look();
      }
      container.held = 0;
      pass(20_000);
      await keeper.look();
      expect(container.destroyed).toEqual([]);
    }));

  it("that cannot be started three times is started at the fourth", () =>
    inObject(async ({ keeper, container, ends }) => {
      vi.spyOn(scheduler, "wait").mockResolvedValue(undefined);
      container.failures = 3;
      await keeper.start("executor-0", TOKEN);
      expect(container.starts).toHaveLength(1);
      expect(ends).toEqual([]);
    }));

  it("that cannot be started at all is told to the pool, with the reason", () =>
    inObject(async ({ keeper, container, ends }) => {
      vi.spyOn(scheduler, "wait").mockResolvedValue(undefined);
      container.failures = 99;
      await keeper.start("executor-0", TOKEN);
      expect(ends).toEqual([{ kind: "failed", reason: expect.stringContaining("no container instance") }]);
    }));

  it("that dies at boot, or in the middle, is told to the pool, with the cause where there is one", () =>
    inObject(async ({ keeper, container, ends, alarm }) => {
      await keeper.start("executor-0", TOKEN);
      container.exit(new Error("out of memory"));
      await expect.poll(() => ends).toEqual([{ kind: "exited", reason: "out of memory" }]);
      await expect.poll(alarm).toBeNull();
    }));

  it("that takes connections and never answers is destroyed after two minutes, unless it has joined", () =>
    inObject(async ({ keeper, container, pass, joins }) => {
      vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
      vi.spyOn(container, "getTcpPort").mockReturnValue({
        fetch: () => Promise.reject(new Error("aborted")),
      });
      await keeper.start("executor-0", TOKEN);
      joins(true);
      for (let minute = 0; minute < 5; minute += 1) {
        pass(60_000);
        await keeper.look();
      }
      expect(container.destroyed).toEqual([]);
      joins(false);
      for (let minute = 0; minute < 2; minute += 1) {
        pass(60_000);
        await keeper.look();
      }
      expect(container.destroyed).toEqual([]);
      pass(60_000);
      await keeper.look();
      expect(container.destroyed).toHaveLength(1);
    }));

  it("is asked to leave when it has held nothing for a minute, uploads counted", () =>
    inObject(async ({ keeper, container, pass }) => {
      await keeper.start("executor-0", TOKEN);
      container.held = 1;
      pass(60_000);
      await keeper.look();
      container.held = 0;
      pass(60_000);
      await keeper.look();
      expect(container.signals).toEqual([]);
      pass(60_000);
      await keeper.look();
      expect(container.signals).toEqual([15]);
    }));

  it("costs two rows to start, and then one a minute and no call of the pool's", async () => {
    const counts = await startCounting();
    await inObject(async ({ keeper, container, asked, pass }) => {
      container.held = 1;
      await keeper.start("executor-0", TOKEN);
      expect(counts.objectRows).toEqual(["put container", "setAlarm"]);
      for (let minute = 0; minute < 10; minute += 1) {
        pass(60_000);
        await keeper.look();
      }
      expect(counts.objectRows.slice(2)).toEqual(Array.from({ length: 10 }, () => "setAlarm"));
      expect(asked()).toBe(0);
    });
  });
});
