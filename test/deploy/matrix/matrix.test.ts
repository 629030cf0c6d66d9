import { describe, expect, it } from "vitest";
import { type Deployer, startDeployer } from "../support/command.ts";
import { expectComplete } from "../support/complete.ts";
import { faultEachCallOnce, killAtEachCall, PERSISTENT, rotation, runUntilDone } from "../support/faults.ts";

const worker = "sandpiper-stg";
const quick = ["--stage", "stg", "--yes", "--no-check"];
const deploy = ["deploy", ...quick, "--executor", "joined"];
const update = ["update", ...quick, "--anonymous-runs", "off"];
const destroy = ["destroy", "--stage", "stg", "--yes", worker];
const MOST_RUNS = 80;

const made = async (deployer: Deployer): Promise<void> => {
  const { code, stderr } = await deployer.run(deploy);
  expect(code, stderr).toBe(0);
};

const expectUpdated = ({ api }: Deployer): void => {
  const script = api.account.scripts.get(worker);
  const version = script?.versions.find(({ id }) => id === script.deployed);
  expect(version?.bindings).toContainEqual(
    expect.objectContaining({ name: "ANONYMOUS_RUNS", text: "false" }),
  );
  expectComplete(api.account, worker);
};

const expectGone = ({ api }: Deployer): void => {
  const { scripts, databases, buckets, queues } = api.account;
  expect([scripts.size, databases.size, buckets.size, queues.size]).toEqual([0, 0, 0, 0]);
};

// Over the four offsets each call meets each fault.
describe.each(rotation.map((fault, offset) => [fault, offset] as const))(
  "faults in turn, from %s on",
  (_fault, offset) => {
    it("a deploy, an update and the end of it are finished by running each again", async () => {
      await using deployer = await startDeployer();
      faultEachCallOnce(deployer, { offset });
      await runUntilDone(deployer, deploy, MOST_RUNS);
      expectComplete(deployer.api.account, worker);
      faultEachCallOnce(deployer, { offset });
      await runUntilDone(deployer, update, MOST_RUNS);
      expectUpdated(deployer);
      faultEachCallOnce(deployer, { offset });
      await runUntilDone(deployer, destroy, MOST_RUNS);
      expectGone(deployer);
    });
  },
);

describe("a call that fails however often it is sent", () => {
  it("ends the run in words, and the run after it goes on", async () => {
    await using deployer = await startDeployer();
    faultEachCallOnce(deployer, { times: PERSISTENT });
    await runUntilDone(deployer, deploy, MOST_RUNS);
    expectComplete(deployer.api.account, worker);
  });
});

describe("a command that is killed at each of its calls, wrangler with it", () => {
  it("is finished by the next run: a deploy", async () => {
    await using deployer = await startDeployer();
    const met = await killAtEachCall(deployer, deploy);
    expect(met.size).toBeGreaterThan(20);
    expectComplete(deployer.api.account, worker);
  });

  it("is finished by the next run: an update", async () => {
    await using deployer = await startDeployer();
    await made(deployer);
    await killAtEachCall(deployer, update);
    expectUpdated(deployer);
  });

  it("is finished by the next run: the end of it", async () => {
    await using deployer = await startDeployer();
    await made(deployer);
    await killAtEachCall(deployer, destroy);
    expectGone(deployer);
  });
});
