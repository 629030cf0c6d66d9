import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Isolation, openIsolation } from "../../../executor/sandbox/isolation.ts";
import type { GroupTree } from "../../../executor/sandbox/job-group.ts";
import { createSandboxSupply } from "../../../executor/sandbox/supply.ts";

const shape = { workspaceBytes: 1024 * 1024, root: null, layer: null };

/** Groups that hold on to what was in them until they are told to let go. */
const createHoldingGroups = () => {
  let holds = true;
  let asked = 0;
  const tree: GroupTree = {
    kind: "cgroup-v2",
    create: () => ({
      joinFiles: [],
      limitMemory: () => undefined,
      usage: () => ({ cpuUs: 0, memoryPeakBytes: 0, oomKills: 0 }),
      kill: () => undefined,
      remove: () => {
        asked += 1;
        return !holds;
      },
    }),
    close: () => undefined,
  };
  return {
    tree,
    asked: () => asked,
    letGo: () => {
      holds = false;
    },
  };
};

describe("the supply of sandboxes", () => {
  let isolation: Isolation;
  beforeAll(async () => {
    isolation = await openIsolation("auto", 1);
  }, 30_000);
  afterAll(() => isolation.close());

  it("gives a slot, and so a user id, to the next sandbox only when nothing holds it", async () => {
    const groups = createHoldingGroups();
    const workshop = { ...isolation.workshop, groups: groups.tree };
    const supply = createSandboxSupply(workshop, { slots: 1, keepsWarm: false, log: () => undefined });
    const first = await supply.take(shape);
    let isTaken = false;
    const second = supply.take(shape).then((sandbox) => {
      isTaken = true;
      return sandbox;
    });
    first.orders.end();
    first.archive.resume();
    await first.ended;
    await expect.poll(groups.asked, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(isTaken).toBe(false);
    groups.letGo();
    await second;
    expect(isTaken).toBe(true);
    await supply.close();
  });
});
