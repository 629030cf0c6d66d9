import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runJob } from "../support/jobs.ts";
import { levels, withExecutor } from "../support/levels.ts";
import { judge } from "./judge.ts";
import type { Probe, Target } from "./probe.ts";

const folder = new URL("./probes/", import.meta.url);
const probes = await Promise.all(
  readdirSync(folder).map(async (file) => {
    const { probe }: { probe: Probe } = await import(new URL(file, folder).pathname);
    return { file, ...probe };
  }),
);

/** Something of the machine that listens on an abstract socket, which no file permission guards. */
const abstractSocket = `sandpiper-battery-${process.pid}`;
const listener = createServer();
beforeAll(() => new Promise<void>((resolve) => listener.listen(`\0${abstractSocket}`, resolve)));
afterAll(() => new Promise((resolve) => listener.close(resolve)));

it("is a battery of at least sixty probes", () => {
  expect(probes.length).toBeGreaterThanOrEqual(60);
});

describe.each(levels)("at $name, a program that", ({ level, options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_SLOTS: "4" },
  });
  const run = (probe: Probe): Promise<void> => {
    const port = Number(new URL(executor().url).port);
    const target: Target = { level, port, abstractSocket };
    return judge(probe, target, executor(), worker());
  };
  const expectUnharmed = async (): Promise<void> => {
    const { stdout, finished } = await runJob(executor(), worker(), "print('unharmed')");
    expect([stdout, finished.reason]).toEqual(["unharmed\n", "exit"]);
    expect(executor().child.exitCode).toBeNull();
  };

  describe("fills the machine up", () => {
    afterEach(expectUnharmed);
    for (const probe of probes.filter(({ alone }) => alone)) it(probe.attack, () => run(probe));
  });

  describe.concurrent("tries to get out or to get at something", () => {
    for (const probe of probes.filter(({ alone }) => !alone)) it(probe.attack, () => run(probe));
  });

  it("comes after all of them is unharmed", expectUnharmed);
});
