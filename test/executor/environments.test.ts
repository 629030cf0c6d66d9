import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_ENVIRONMENTS_FOLDER, readManifests } from "../../executor/environments/manifest.ts";
import { environmentList } from "../../src/wire/attempt.ts";
import { call, runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

const folder = process.env.EXECUTOR_ENVIRONMENTS_DIR ?? DEFAULT_ENVIRONMENTS_FOLDER;
const isBuilt = (name: string): boolean => existsSync(join(folder, name, "environment.json"));

/** A program of each environment's own kind, and what it prints. */
const programs: Readonly<Record<string, readonly [string, string]>> = {
  "ml-basic": [
    `
import numpy, pandas
from sklearn.linear_model import LinearRegression
frame = pandas.DataFrame({"x": range(10)})
model = LinearRegression().fit(frame[["x"]].to_numpy(), 2 * frame["x"].to_numpy() + 1)
print(round(float(model.coef_[0]), 6), round(float(model.intercept_), 6), numpy.linalg.det(numpy.eye(3)))
`,
    "2.0 1.0 1.0\n",
  ],
  vision: [
    `
import cv2, numpy
from PIL import Image
image = numpy.zeros((40, 60, 3), numpy.uint8)
cv2.rectangle(image, (10, 10), (30, 30), (255, 255, 255), -1)
edges = cv2.Canny(image, 50, 150)
Image.fromarray(image).save("a.png")
print(Image.open("a.png").size, bool(edges.any()))
`,
    "(60, 40) True\n",
  ],
  nlp: [
    `
from nltk.stem import PorterStemmer
from nltk.tokenize import wordpunct_tokenize
import regex, Levenshtein
print([PorterStemmer().stem(word) for word in wordpunct_tokenize("running dogs")], Levenshtein.distance("kitten", "sitting"))
`,
    "['run', 'dog'] 3\n",
  ],
  "data-science": [
    `
import matplotlib.pyplot as plot, pandas, seaborn
seaborn.barplot(data=pandas.DataFrame({"x": ["a", "b"], "y": [1, 2]}), x="x", y="y")
plot.savefig("bars.png")
print("drawn")
`,
    "drawn\n",
  ],
  scientific: [
    `
import scipy.integrate, scipy.linalg, sympy, numpy
print(round(scipy.integrate.quad(lambda x: x * x, 0, 3)[0], 6), sympy.integrate(sympy.Symbol("x") ** 2))
print(numpy.allclose(scipy.linalg.inv(numpy.eye(3) * 2), numpy.eye(3) / 2))
import matplotlib.pyplot as plot
plot.plot([1, 2]); plot.savefig("line.png")
`,
    "9.0 x**3/3\nTrue\n",
  ],
};

describe.each(levels)("environments at $name", ({ options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_ENVIRONMENTS_DIR: folder },
  });

  it("are the ones that are there, with what they hold, their space and their uses", async () => {
    const list = async () => {
      const response = await call(executor(), "GET", "/environments");
      return environmentList.parse(await response.json()).environments;
    };
    const before = await list();
    expect(before.map(({ name }) => name)).toEqual([
      "default",
      ...[...readManifests().keys()].filter(isBuilt).toSorted(),
    ]);
    await runJob(executor(), worker(), "print(1)");
    const uses = (environments: typeof before) =>
      environments.find(({ name }) => name === "default")?.uses ?? 0;
    expect(uses(await list())).toBe(uses(before) + 1);
    for (const { name, diskBytes, packages } of before) {
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
  const { executor, worker } = withExecutor({ env: { EXECUTOR_ENVIRONMENTS_DIR: folder } });
  const limits = { memoryBytes: 512 * 1024 * 1024, cpuMs: 25_000, timeoutMs: 40_000 };

  it.each([...readManifests().keys()])(
    "%s runs a program of its kind, where it is built",
    async (environment) => {
      if (!isBuilt(environment)) {
        if (process.env.CI !== undefined && environment === "scientific")
          throw new Error("scientific is not built");
        process.stderr.write(
          `environment ${environment} is not built here: npm run environments -- build ${environment}\n`,
        );
        return;
      }
      const [source = "", expected = ""] = programs[environment] ?? [];
      const { stdout, stderr, finished } = await runJob(executor(), worker(), source, {
        environment,
        limits,
      });
      expect([stdout, stderr]).toEqual([expected, ""]);
      expect(finished.reason).toBe("exit");
      expect(finished.outputs.map(({ path }) => path).every((path) => path.endsWith(".png"))).toBe(true);
    },
    60_000,
  );
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
