import { describe, expect, it } from "vitest";
import { startDeployer } from "./support/command.ts";
import { expectComplete } from "./support/complete.ts";
import { faultEachCallOnce, runUntilDone } from "./support/faults.ts";

const deploy = ["deploy", "--stage", "stg", "--executor", "joined", "--yes", "--no-check"];

describe("a deploy in which every call fails once", () => {
  it("is finished by running it again, each failure in words, and is then complete", async () => {
    await using deployer = await startDeployer();
    const met = faultEachCallOnce(deployer);
    await runUntilDone(deployer, deploy, met.size + 40);
    expectComplete(deployer.api.account, "sandpiper-stg");
    expect([...met.keys()]).toEqual(
      expect.arrayContaining([
        "POST /d1/database",
        "POST /queues",
        "PUT /workers/scripts/*",
        "POST /queues/*/consumers",
        "PUT /r2/buckets/*/cors",
      ]),
    );
    const again = await deployer.run(deploy);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing was changed") });
  });
});
