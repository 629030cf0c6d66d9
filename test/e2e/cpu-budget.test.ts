import { expect, it, onTestFinished } from "vitest";
import { cpuOfRuns } from "../bench/cpu.ts";
import { startFloor } from "../bench/lib/floor.ts";
import { programs } from "../bench/lib/programs.ts";
import { startService } from "../bench/lib/service.ts";

const RUNS = 60;
/** How far a machine under load may be off. */
const ROOM = 1.3;
/**
 * CPU time of a run in bash by who spends it, in parts of what an empty Worker takes for the same operations of the
 * platform at the same time: other machines, and others on the machine, change both alike.
 */
const BUDGET = { workerd: 1.4, executor: 0.65, children: 1.05 };

it("takes no more of the CPU for a small run than its budget", async () => {
  const bash = programs.find(({ interpreter }) => interpreter === "bash");
  if (bash === undefined) throw new Error("there is no program in bash");
  const server = await startService();
  onTestFinished(() => server.stop());
  const floor = await startFloor();
  onTestFinished(() => floor.stop());
  const { workerdMs, executorMs, childrenMs, floorMs } = await cpuOfRuns(server, floor, bash, RUNS);
  const used = {
    workerd: workerdMs / floorMs,
    executor: executorMs / floorMs,
    children: childrenMs / floorMs,
  };
  console.info(`CPU of a run, in empty Workers' of ${floorMs.toFixed(1)} ms: ${JSON.stringify(used)}`);
  for (const part of ["workerd", "executor", "children"] as const)
    expect(used[part], part).toBeLessThanOrEqual(BUDGET[part] * ROOM);
});
