import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployer, startDeployer } from "./support/command.ts";

const target = ["--stage", "prd"];
const deploy = ["deploy", ...target, "--yes", "--no-check"];
const joined = [...deploy, "--executor", "joined"];

let deployer: Deployer;
beforeAll(async () => {
  deployer = await startDeployer();
});
afterAll(() => deployer[Symbol.asyncDispose]());

const expectNothingMade = () =>
  expect(deployer.api.requests.filter(({ call }) => !call.startsWith("GET "))).toEqual([]);
const refused = async (args: readonly string[], extra: NodeJS.ProcessEnv, code: number, words: string) => {
  const ended = await deployer.run(args, extra);
  expect(ended).toMatchObject({ code, stderr: expect.stringContaining(words) });
  expectNothingMade();
};

describe("what could not be finished", () => {
  // They only ask, so they may do it side by side.
  it.concurrent.each<[string, readonly string[], NodeJS.ProcessEnv, number, string]>([
    ["containers without an engine", deploy, { DOCKER_FAILS: "info" }, 1, "--executor joined"],
    ["a secret that nobody gives", joined, { R2_ACCESS_KEY_ID: "" }, 1, "R2_ACCESS_KEY_ID is needed"],
    ["a secret of blanks", joined, { R2_SECRET_ACCESS_KEY: "  " }, 1, "R2_SECRET_ACCESS_KEY is needed"],
    ["no login", joined, { CLOUDFLARE_API_TOKEN: "" }, 1, "wrangler login"],
    ["a token that is not valid", joined, { CLOUDFLARE_API_TOKEN: "other" }, 1, "docs/deploy.md"],
    ["an update of nothing", ["update", ...target, "--yes"], {}, 1, "sandpiper deploy"],
    ["a way back from nothing", ["update", ...target, "--rollback"], {}, 1, "sandpiper deploy"],
    ["a wait that is no number", [...deploy, "--wait-minutes", "soon"], {}, 2, "0 to 120"],
    ["a name that no Worker can have", [...deploy, "--suffix", "A b;"], {}, 2, "small letters"],
  ])("is refused before anything is made: %s", async (_name, args, extra, code, words) => {
    await refused(args, extra, code, words);
  });

  it("is refused before anything is made: an account without Workers Paid", async () => {
    deployer.api.account.paid = false;
    await refused(deploy, {}, 1, "Workers Paid");
    deployer.api.account.paid = true;
  });
});

describe("a bucket that a deploy to a jurisdiction left, and no Worker that would say so", () => {
  beforeAll(() => {
    const notifications = new Map<string, unknown[]>([["a-queue-that-is-gone", [{}]]]);
    const bucket = { cors: null, lifecycle: null, notifications, objects: 3 };
    deployer.api.account.buckets.set("sandpiper-prd", { ...bucket, jurisdiction: "eu" });
  });

  it("is used by the next run, which makes no other", async () => {
    const { code, stdout } = await deployer.run([...joined, "--dry-run", "--json"]);
    expect(code).toBe(0);
    const { steps } = JSON.parse(stdout) as { steps: { kind: string }[] };
    expect(steps.map(({ kind }) => kind)).not.toContain("bucket");
    expect(steps.map(({ kind }) => kind)).toContain("database");
  });

  it("is deleted with what else is left, once it is empty, and only once", async () => {
    const { buckets, applications } = deployer.api.account;
    const name = "sandpiper-prd-executorcontainer";
    applications.set(name, { id: "7b2c4c0e-54a7-4d0c-9b51-3f0c9e1f6a11", name, configuration: {} });
    const destroy = ["destroy", ...target, "--yes", "sandpiper-prd"];
    const full = await deployer.run(destroy);
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining("empty it in the dashboard") });
    expect([buckets.size, applications.size]).toEqual([1, 0]);
    for (const bucket of buckets.values()) bucket.objects = 0;
    const { code, stderr } = await deployer.run(destroy);
    expect(code, stderr).toBe(0);
    expect(buckets.size).toBe(0);
    const again = await deployer.run(destroy);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing of sandpiper-prd") });
  });
});
