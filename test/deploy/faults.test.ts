import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Deployer, startDeployer } from "./support/command.ts";
import { expectComplete } from "./support/complete.ts";
import { faultEachCallOnce, runUntilDone } from "./support/faults.ts";

const worker = "sandpiper-prd";
const deploy = ["deploy", "--stage", "prd", "--yes", "--no-check"];
const MOST_RUNS = 40;

/** The calls of a deploy that changes something, with containers and without; each is to meet its fault. */
const changes = [
  "POST /d1/database",
  "POST /r2/buckets",
  "POST /queues",
  "POST /d1/database/*/query",
  "POST /workers/assets/upload",
  "PUT /workers/scripts/*",
  "POST /containers/applications",
  "POST /queues/*/consumers",
  "PUT /r2/buckets/*/cors",
];

const expectImagePushed = ({ dockerRecord }: Deployer): void => {
  const asked = readFileSync(dockerRecord, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { args: string[]; dockerfileBytes: number });
  expect(asked.map(({ args }) => args[0])).toEqual(expect.arrayContaining(["info", "build", "push"]));
  expect(asked.find(({ args }) => args[0] === "build")?.dockerfileBytes).toBeGreaterThan(500);
};

const expectOneFinding = async (deployer: Deployer): Promise<void> => {
  deployer.api.account.queues.delete(`${worker}-jobs`);
  const { code, stdout } = await deployer.run(["doctor", "--stage", "prd", "--json"]);
  expect(code).toBe(1);
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; ok: boolean; remedy: string | null }[];
  };
  expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(["queues", "address"]);
  expect(findings.find(({ check }) => check === "queues")?.remedy).toBe(
    "npm run sandpiper -- deploy --stage prd",
  );
};

/** The calls that wrangler makes once the Worker is there, whose faults a second deployer meets beside the first. */
const isLate = (call: string): boolean =>
  /containers\/(me|registries)|scripts\/\*\/(versions|schedules|subdomain)|workers\/workers|consumers/.test(
    call,
  );

describe("a deployment with containers, in whose making every call fails once", () => {
  it("is finished by running it again, each failure in words, with its image and its application", async () => {
    await using first = await startDeployer();
    const met = faultEachCallOnce(first, { only: (call) => !isLate(call) });
    await runUntilDone(first, deploy, MOST_RUNS, () => met.has("GET /workers/services/*"));
    expect(first.api.account.scripts.size).toBe(0);

    await using second = await startDeployer(structuredClone(first.api.account));
    const metLate = faultEachCallOnce(second, { only: isLate });
    const runs = await Promise.all(
      [first, second].map((deployer) => runUntilDone(deployer, deploy, MOST_RUNS)),
    );
    for (const count of runs) expect(count).toBeGreaterThan(1);
    expect([...met.keys(), ...metLate.keys()]).toEqual(expect.arrayContaining(changes));

    for (const deployer of [first, second]) {
      const { account } = deployer.api;
      expectComplete(account, worker);
      expect(account.scripts.get(worker)?.secrets.get("EXECUTOR_KEY")).toMatch(/^MC4CAQAwBQYDK2Vw/);
      expect([...account.applications.keys()]).toEqual([`${worker}-executorcontainer`]);
      expectImagePushed(deployer);
    }

    const again = await first.run(deploy);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing was changed") });
    const status = await first.run(["status", "--stage", "prd", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      worker,
      is_current: true,
      object_migration: "v4",
      database_bytes: 40_960,
    });
    await expectOneFinding(first);
  });
});
