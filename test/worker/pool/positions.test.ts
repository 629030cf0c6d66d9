import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { queueFrame } from "../../../src/wire/run-frames.ts";
import { Client } from "../support/client.ts";
import { moveClock, restoreClock } from "../support/clock.ts";
import { startCounting } from "../support/counting.ts";
import { until } from "../support/eventually.ts";
import { jobStub } from "../support/objects.ts";
import { evictPool, Seat } from "./support.ts";

const PROTOCOL = "sandpiper.v1";

afterEach(() => {
  vi.restoreAllMocks();
  restoreClock();
});

it("a run that waits tells who reads frames its place, and the pool asks no run that nobody watches", async () => {
  const seat = await new Seat({ slots: 1 }).join();
  const clients = [new Client(), new Client(), new Client()];
  const ids: string[] = [];
  for (const client of clients) ids.push(await client.submit());
  const [, , last = ""] = ids;
  const first = await seat.attempt();
  const counts = await startCounting();
  const asked = (name: string): number => counts.objectRequests.filter((one) => one === name).length;

  const typed = await new Client().socket(`/stream/${last}`, PROTOCOL);
  const plain = await new Client().socket(`/stream/${last}`);
  const places = () =>
    typed.frames
      .map((frame) => JSON.parse(frame))
      .filter(({ type }) => type === "queue")
      .map((frame) => queueFrame.parse(frame).position);
  await until("its place", () => places().length === 1);
  await first.finish();
  const second = await seat.attempt();
  await until("the place in front", () => places().length === 2);
  expect(places()).toEqual([2, 1]);
  expect([asked("watch"), asked("queuePosition")]).toEqual([1, 1]);

  vi.restoreAllMocks();
  await evictPool();
  moveClock(25_000);
  await runDurableObjectAlarm(jobStub(last));
  await until("its place, asked for again", () => places().length === 3);
  await second.finish();
  await (await seat.attempt()).finish();
  await Promise.all([typed.closed, plain.closed]);
  expect(places()).toEqual([2, 1, 1]);
  expect(plain.text).not.toContain("position");
  seat.close(1000);
});
