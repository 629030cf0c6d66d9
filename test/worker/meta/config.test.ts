import { describe, expect, it } from "vitest";
import { configOf } from "../../../src/env.ts";
import { testEnv } from "../support/env.ts";

const env = testEnv as unknown as Record<string, unknown>;

const without = (name: string): Record<string, unknown> => {
  const { [name]: _gone, ...rest } = env;
  return rest;
};

const errorOf = (raw: Record<string, unknown>): string => {
  try {
    configOf(raw);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

describe("the configuration", () => {
  it.each([
    "DB",
    "BUCKET",
    "ASSETS",
    "JOB_OBJECT",
    "QUOTA_OBJECT",
    "DISPATCH_QUEUE",
    "PUBLIC_URL",
    "POOL_OBJECT",
    "R2_S3_ENDPOINT",
    "R2_BUCKET_NAME",
    "R2_ACCESS_KEY_ID",
    "R2_SECRET_ACCESS_KEY",
  ])("fails with the name %s where it is missing", (name) => {
    expect(errorOf(without(name))).toContain(name);
  });

  it("names everything that is wrong at once, and shows no value", () => {
    const message = errorOf({
      ...without("DB"),
      PUBLIC_URL: "not an address",
      EXECUTOR_KEY: "short key",
      RUN_MAX_ACTIVE: "-2",
    });
    for (const name of ["DB", "PUBLIC_URL", "EXECUTOR_KEY", "RUN_MAX_ACTIVE"]) {
      expect(message).toContain(name);
    }
    expect(message).not.toContain("short key");
    expect(message).not.toContain("not an address");
  });

  it.each(["RUN_MAX_ACTIVE", "RUN_MAX_PER_HOUR", "RUN_CPU_SECONDS_PER_MINUTE", "RUN_RETENTION_SECONDS"])(
    "takes %s as a whole number of at least one",
    (name) => {
      for (const value of ["0", "-1", "1.5", "many", "", "Infinity"]) {
        expect([value, errorOf({ ...env, [name]: value })]).toEqual([value, expect.stringContaining(name)]);
      }
      expect(errorOf({ ...env, [name]: "7" })).toBe("");
    },
  );

  it.each(["PUBLIC_URL", "EXECUTOR_JOIN_URL", "R2_S3_ENDPOINT"])("wants http or https before %s", (name) => {
    expect(errorOf({ ...env, [name]: "localhost:8787" })).toContain(name);
  });

  it("has the contract's quotas and retention where nothing is set", () => {
    expect(configOf(env)).toMatchObject({
      RUN_CPU_SECONDS_PER_MINUTE: 10,
      RUN_MAX_ACTIVE: 2,
      RUN_MAX_PER_HOUR: 20,
      RUN_RETENTION_SECONDS: 3_600,
    });
  });

  it("takes trusted keys with and without names, and refuses what is none", () => {
    const key = `${"A".repeat(43)}=`;
    expect(configOf({ ...env, TRUSTED_EXECUTORS: `one=${key}, ${key}` }).TRUSTED_EXECUTORS).toEqual([
      { key, name: "one" },
      { key, name: null },
    ]);
    for (const wrong of ["key", `${key}x`, `a b=${key}`, `=${key}`]) {
      expect(errorOf({ ...env, TRUSTED_EXECUTORS: wrong })).toContain("TRUSTED_EXECUTORS");
    }
  });
});
