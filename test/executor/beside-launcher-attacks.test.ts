import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge } from "./battery/judge.ts";
import type { Probe } from "./battery/probe.ts";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

/** For nine of ten answers beside all attacks, since other suites share the machine; no answer takes HELD_MS. */
const HEALTH_MS = 100;
const HEALTH_SHARE = 0.9;
const HELD_MS = 1_000;
const WALL_LIMIT_MS = 500;
/** limits.test.ts holds the limit to 250 ms, beside less. */
const WALL_SLACK_MS = 500;

const folder = new URL("./battery/probes/", import.meta.url);
const attacks = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.startsWith("launcher-") || file.includes("forged"))
    .map(async (file) => {
      const { probe }: { probe: Probe } = await import(new URL(file, folder).pathname);
      return { file, ...probe };
    }),
);

describe.each(levels)("at $name, beside each attack on the launcher", ({ level, options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_SLOTS: "4" },
  });

  const answeredMs: number[] = [];

  it("a family of at least twelve is tried", () => {
    expect(attacks.length).toBeGreaterThanOrEqual(12);
  });

  it.each(attacks)(
    "$file: a good job ends as it does alone, and health and limits are never held",
    async (probe) => {
      const port = Number(new URL(executor().url).port);
      let isOver = false;
      let longestMs = 0;
      // The first request opens the connection.
      await fetch(`${executor().url}/health`);
      const askHealth = async (): Promise<void> => {
        while (!isOver) {
          const askedMs = performance.now();
          expect((await fetch(`${executor().url}/health`)).status).toBe(200);
          const tookMs = performance.now() - askedMs;
          answeredMs.push(tookMs);
          longestMs = Math.max(longestMs, tookMs);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const health = askHealth();
      const attack = judge(probe, { level, port, abstractSocket: "" }, executor(), worker());
      const good = runJob(executor(), worker(), "print(6 * 7)");
      const slow = runJob(executor(), worker(), "import time\ntime.sleep(30)", {
        limits: { timeoutMs: WALL_LIMIT_MS },
      });
      const [{ stdout, finished }, ended] = await Promise.all([good, slow, attack]);
      isOver = true;
      await health;
      expect([stdout, finished.reason, finished.exitCode]).toEqual(["42\n", "exit", 0]);
      expect(ended.finished.reason).toBe("timeout_wall");
      expect(ended.finished.wallTimeMs).toBeLessThan(WALL_LIMIT_MS + WALL_SLACK_MS);
      expect(longestMs).toBeLessThan(HELD_MS);
    },
  );

  it("health answered quickly beside all of them", () => {
    const sorted = answeredMs.toSorted((left, right) => left - right);
    expect(sorted[Math.floor(sorted.length * HEALTH_SHARE) - 1]).toBeLessThan(HEALTH_MS);
  });
});
