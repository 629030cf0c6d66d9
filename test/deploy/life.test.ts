import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployer, r2Secret, startDeployer } from "./support/command.ts";
import { expectComplete } from "./support/complete.ts";
import { listOf } from "./support/recorded.ts";

const worker = "sandpiper-stg";
const target = ["--stage", "stg"];
let deployer: Deployer;
beforeAll(async () => {
  deployer = await startDeployer();
});
afterAll(() => deployer[Symbol.asyncDispose]());

/** What was asked since the last look. */
let seen = 0;
const asked = () => {
  const requests = deployer.api.requests.slice(seen);
  seen = deployer.api.requests.length;
  return requests;
};
const tokenFile = () => path.join(deployer.folder, "deployments", worker, "operator-token");

// The steps are one deployment's life, each on what the last one left.
describe("a deployment, with executors that join", () => {
  it("is planned without changing anything", async () => {
    const { code, stdout } = await deployer.run([
      "deploy",
      ...target,
      "--executor",
      "joined",
      "--dry-run",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "planned",
      worker,
      idle_cost_usd_month: { plan: 5, usage: 0 },
    });
    expect(asked().filter(({ call }) => !call.startsWith("GET "))).toEqual([]);
    expect(existsSync(path.dirname(tokenFile()))).toBe(false);
  });

  it("is made by the requests that are on record, and asks for no secret to be shown", async () => {
    const { code, stdout, stderr } = await deployer.run([
      "deploy",
      ...target,
      "--executor",
      "joined",
      "--yes",
      "--no-check",
    ]);
    expect(code, stderr).toBe(0);
    expectComplete(deployer.api.account, worker);
    const token = readFileSync(tokenFile(), "utf8").trim();
    expect(statSync(tokenFile()).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(tokenFile())).sort()).toEqual(["operator-token", "wrangler.toml"]);
    expect(deployer.api.account.scripts.get(worker)?.secrets.get("OPERATOR_TOKEN")).toBe(token);
    for (const secret of [token, r2Secret]) expect(stdout + stderr).not.toContain(secret);
    await expect(listOf(asked())).toMatchFileSnapshot("recorded/deploy.txt");
  });

  it("is left as it is by a second run, which says so", async () => {
    const { code, stdout } = await deployer.run(["deploy", ...target, "--yes", "--no-check"]);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing was changed"),
    });
    expect(asked().filter(({ call }) => !call.startsWith("GET "))).toEqual([]);
  });

  it("is updated by the requests that are on record, after a bookmark of its database", async () => {
    const { code, stderr } = await deployer.run([
      "update",
      ...target,
      "--anonymous-runs",
      "off",
      "--yes",
      "--no-check",
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("npx wrangler d1 time-travel restore sandpiper-stg --bookmark=00000085");
    await expect(listOf(asked())).toMatchFileSnapshot("recorded/update.txt");
    expect(deployer.api.account.scripts.get(worker)?.versions).toHaveLength(2);
  });

  it("goes back to the version before", async () => {
    const { code, stderr } = await deployer.run(["update", ...target, "--rollback", "--yes"]);
    expect(code, stderr).toBe(0);
    const script = deployer.api.account.scripts.get(worker);
    expect(script?.deployed).toBe(script?.versions[0]?.id);
    await expect(listOf(asked())).toMatchFileSnapshot("recorded/rollback.txt");
  });

  it("does not go back across an object migration, and says so before it tries", async () => {
    const script = deployer.api.account.scripts.get(worker);
    const [first, second] = script?.versions ?? [];
    if (script === undefined || first === undefined || second === undefined)
      throw new Error("two versions are there");
    script.deployed = second.id;
    script.versions = [{ ...first, migrationTag: "v3" }, second];
    const { code, stderr } = await deployer.run(["update", ...target, "--rollback", "--yes"]);
    expect(code).toBe(1);
    expect(stderr).toContain("object migration (v3, now v4)");
    expect(script.deployed).toBe(second.id);
    asked();
  });

  it("is deleted only under its own name, and whole", async () => {
    const wrong = await deployer.run(["destroy", ...target, "--yes", "sandpiper-prd"]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing was deleted") });
    asked();
    const { code, stderr } = await deployer.run(["destroy", ...target, "--yes", worker]);
    expect(code, stderr).toBe(0);
    const { scripts, databases, buckets, queues } = deployer.api.account;
    expect([scripts.size, databases.size, buckets.size, queues.size]).toEqual([0, 0, 0, 0]);
    expect(existsSync(path.dirname(tokenFile()))).toBe(false);
    await expect(listOf(asked())).toMatchFileSnapshot("recorded/destroy.txt");
  });
});
