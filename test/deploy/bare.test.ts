import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { startDeployer } from "./support/command.ts";

it("is deployed by wrangler alone, from wrangler.toml and a file of secrets, with all that it needs", async () => {
  await using deployer = await startDeployer();
  const { account } = deployer.api;
  const secrets = {
    PUBLIC_URL: "https://sandpiper.birds.workers.dev",
    R2_S3_ENDPOINT: `https://${account.id}.r2.cloudflarestorage.com`,
    R2_ACCESS_KEY_ID: "r2-key",
    R2_SECRET_ACCESS_KEY: "r2-secret-of-bare",
    EXECUTOR_KEY: "MC4CAQAwBQYDK2VwBCIEIAAA",
    OPERATOR_TOKEN: "operator-of-bare",
  };
  const file = path.join(deployer.folder, "secrets.json");
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  const { code, stderr } = await deployer.wrangler(["deploy", "--secrets-file", file]);
  expect(code, stderr).toBe(0);
  const script = account.scripts.get("sandpiper");
  expect(Object.fromEntries(script?.secrets ?? [])).toEqual(secrets);
  expect(script?.migrationTag).toBe("v4");
  expect([...account.databases.keys(), ...account.buckets.keys()]).toEqual(["sandpiper", "sandpiper"]);
  expect([...account.applications.keys()]).toEqual(["sandpiper-executorcontainer"]);
  const consumers = [...account.queues].map(([name, queue]) => [name, queue.consumers.length]);
  expect(Object.fromEntries(consumers)).toEqual({
    "sandpiper-dispatch": 1,
    "sandpiper-functions": 1,
    "sandpiper-bucket-events": 1,
    "sandpiper-dispatch-dead": 1,
    "sandpiper-jobs": 0,
  });
});
