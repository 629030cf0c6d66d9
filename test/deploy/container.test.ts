import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startDeployer } from "./support/command.ts";
import { expectComplete } from "./support/complete.ts";

const deploy = ["deploy", "--stage", "prd", "--yes", "--no-check"];

describe("a deployment with containers", () => {
  it("builds and pushes the image, makes the application, and says where the engine refuses", async () => {
    await using deployer = await startDeployer();
    const none = await deployer.run(deploy, { DOCKER_FAILS: "info" });
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("--executor joined") });
    expect(deployer.api.requests.filter(({ call }) => !call.startsWith("GET "))).toEqual([]);

    const { code, stderr } = await deployer.run(deploy);
    expect(code, stderr).toBe(0);
    expectComplete(deployer.api.account, "sandpiper-prd");
    expect(deployer.api.account.scripts.get("sandpiper-prd")?.secrets.get("EXECUTOR_KEY")).toMatch(
      /^MC4CAQAwBQYDK2Vw/,
    );
    const asked = readFileSync(deployer.dockerRecord, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { args: string[]; dockerfileBytes: number });
    expect(asked.map(({ args }) => args[0])).toEqual(expect.arrayContaining(["info", "build", "push"]));
    expect(asked.find(({ args }) => args[0] === "build")?.dockerfileBytes).toBeGreaterThan(500);
    expect([...deployer.api.account.applications.keys()]).toEqual(["sandpiper-prd-executorcontainer"]);

    const status = await deployer.run(["status", "--stage", "prd", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      worker: "sandpiper-prd",
      is_current: true,
      object_migration: "v4",
      database_bytes: 40_960,
    });
    deployer.api.account.queues.delete("sandpiper-prd-jobs");
    const doctor = await deployer.run(["doctor", "--stage", "prd", "--json"]);
    expect(doctor.code).toBe(1);
    const { findings } = JSON.parse(doctor.stdout) as {
      findings: { check: string; ok: boolean; remedy: string | null }[];
    };
    expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(["queues", "address"]);
    expect(findings.find(({ check }) => check === "queues")?.remedy).toBe(
      "npm run sandpiper -- deploy --stage prd",
    );
  });

  it("is refused on an account without Workers Paid, before anything is made", async () => {
    await using deployer = await startDeployer();
    deployer.api.account.paid = false;
    const { code, stderr } = await deployer.run(deploy);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("Workers Paid") });
    expect(deployer.api.requests.filter(({ call }) => !call.startsWith("GET "))).toEqual([]);
  });
});
