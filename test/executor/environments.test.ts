import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_ENVIRONMENTS_FOLDER, readManifests } from "../../executor/environments/manifest.ts";
import { describeEnvironmentPrograms } from "./environment-programs.ts";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

const folder = process.env.EXECUTOR_ENVIRONMENTS_DIR ?? DEFAULT_ENVIRONMENTS_FOLDER;
const isBuilt = (name: string): boolean => existsSync(join(folder, name, "environment.json"));

describe.each(levels)("environments at $name", ({ options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_ENVIRONMENTS_DIR: folder },
  });

  it("are the ones that are there, with what they hold and their space", () => {
    const { environments } = executor().seat.hello;
    expect(environments.map(({ name }) => name)).toEqual([
      "default",
      ...[...readManifests().keys()].filter(isBuilt).toSorted(),
    ]);
    for (const { name, diskBytes, packages } of environments) {
      if (name === "default") continue;
      expect(diskBytes).toBeGreaterThan(1_000_000);
      expect(packages.length).toBeGreaterThan(0);
    }
  });

  it("show a job its own and nothing of another", async () => {
    const built = [...readManifests().keys()].filter(isBuilt);
    const source = `
import os
try: print(os.listdir("/opt/environments"))
except OSError: print([])
try: open("/opt/environments/" + (os.listdir("/opt/environments")[0]) + "/x", "w")
except OSError as error: print(error.errno)
`;
    for (const environment of built.slice(0, 2)) {
      const { stdout } = await runJob(executor(), worker(), source, { environment });
      expect(stdout).toBe(`['${environment}']\n30\n`);
    }
    expect((await runJob(executor(), worker(), source)).stdout).toBe("[]\n2\n");
  });
});

describe("a built environment", () => {
  const reach = withExecutor({ env: { EXECUTOR_ENVIRONMENTS_DIR: folder } });
  describeEnvironmentPrograms(reach, process.env.CI === undefined ? [] : ["scientific"]);
});

describe("building an environment", () => {
  const build = (...args: readonly string[]): string => {
    try {
      return execFileSync(process.execPath, ["executor/environments/build.ts", ...args], {
        encoding: "utf8",
        stdio: "pipe",
      });
    } catch (error) {
      return error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    }
  };

  it("lists what can be built, and knows what cannot", () => {
    for (const name of readManifests().keys()) expect(build("list")).toContain(name);
    expect(build("build", "no-such-thing")).toContain("There is no environment no-such-thing.");
    expect(build("build")).toContain("Usage:");
  });
});
