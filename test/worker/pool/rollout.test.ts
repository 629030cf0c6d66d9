import { SELF } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { imageBuild } from "../../../src/wire/image-build.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { eventually, until } from "../support/eventually.ts";
import { evictPool, Seat, viewOf } from "./support.ts";

type Known = {
  readonly templates: readonly string[];
  readonly languages: readonly { readonly id: string }[];
};

const known = async (): Promise<Known> => {
  const get = async (path: string) => (await SELF.fetch(`http://sandpiper.test${path}`)).json<object>();
  return { ...(await get("/environments")), ...(await get("/runtimes")) } as Known;
};

let forgottenMs = 0;
/** Has the Worker ask the pool again, of which it remembers what it knew some seconds ago. */
const askAgain = (): void => {
  forgottenMs += 10_000;
  moveClock(forgottenMs);
};

const seats: Seat[] = [];
const sit = async (...args: ConstructorParameters<typeof Seat>): Promise<Seat> => {
  const seat = await new Seat(...args).join();
  seats.push(seat);
  return seat;
};

const allLeave = async (): Promise<void> => {
  for (const seat of seats.splice(0)) seat.close(1000);
  await until("nobody", async () => (await viewOf()).executors.length === 0);
};

afterEach(async () => {
  await allLeave();
  restoreClock();
});

describe("what can be run", () => {
  it("is what the image is built with, before any executor joined", async () => {
    askAgain();
    const { templates, languages } = await known();
    expect(templates).toEqual(imageBuild.environments.map(({ name }) => name).sort());
    expect(languages.map(({ id }) => id)).toEqual(imageBuild.languages.map(({ id }) => id).sort());
  });

  it("decides what is taken then: a job of the image's waits, and any other is refused", async () => {
    askAgain();
    const client = new Client();
    const id = await client.submit({ code: "1", environment: "scientific" });
    expect(await client.status(id)).toMatchObject({ status: "queued" });
    const refused = await client.post("/submit", { code: "1", environment: "elsewhere" });
    expect(refused.status).toBe(400);
    const seat = await sit({ environments: ["default", "scientific"] });
    await (await seat.attempt()).finish();
    await until("its end", async () => (await client.status(id)).status === "completed");
  });

  it("is what the last executor had, when it has gone and the pool was reset", async () => {
    await sit({ environments: ["default", "own"], languages: ["go"] });
    await allLeave();
    await evictPool();
    askAgain();
    const { templates, languages } = await known();
    expect([templates, languages.map(({ id }) => id)]).toEqual([["default", "own"], ["go"]]);
  });
});

describe("executors of neighbouring versions", () => {
  it("work side by side: the old one is not asked for what it does not know, and leaves in order", async () => {
    const [old, fresh] = [
      await sit({ protocol: 1, slots: 1 }),
      await sit({ protocol: 3, slots: 1, languages: ["c"] }),
    ];
    askAgain();
    const clients = [new Client(), new Client(), new Client()];
    const submit = (at: number, body: Record<string, unknown>) => (clients[at] as Client).submit(body);
    const ids = [await submit(0, { code: "int main(){}", language: "c" }), await submit(1, { code: "1" })];
    const first = await fresh.attempt();
    const second = await old.attempt();
    expect(first.request.language?.id).toBe("c");
    expect(second.request).toMatchObject({ protocol: 1 });
    ids.push(await submit(2, { code: "int main(){return 0;}", language: "c" }));
    await second.finish();
    // The old one has room now, and still does not get it.
    await until("its room", async () => {
      const { executors } = await viewOf();
      return executors.find(({ instance }) => instance === old.instance)?.held === 0;
    });
    expect(old.attempts).toEqual([]);
    await first.finish();
    await (await fresh.attempt()).finish();
    for (const [at, id] of ids.entries()) {
      const client = clients[at] as Client;
      await until("its end", async () => (await client.status(id)).status === "completed");
      expect(await client.status(id)).toMatchObject({ attempts: 1 });
    }

    old.say({ type: "leaving" });
    const more = new Client();
    const id = await more.submit({ code: "1" });
    await (await eventually("the fresh one's", () => fresh.attempts.shift() ?? null)).finish();
    await until("its end", async () => (await more.status(id)).status === "completed");
    expect(old.attempts).toEqual([]);
  });
});
