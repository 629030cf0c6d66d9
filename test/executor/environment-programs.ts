import { describe, expect, it } from "vitest";
import { readManifests } from "../../executor/environments/manifest.ts";
import type { Reach } from "./contract.ts";
import { runJob } from "./support/jobs.ts";

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

const MIB = 1024 * 1024;
const limits = { memoryBytes: 512 * MIB, cpuMs: 25_000, timeoutMs: 40_000 };

/** Runs a program of its kind in each environment that the executor has; those that are required must be there. */
export const describeEnvironmentPrograms = (
  { executor, worker }: Reach,
  required: readonly string[],
): void => {
  const isBuilt = (name: string): boolean =>
    executor().seat.hello.environments.some((environment) => environment.name === name);

  describe("an environment", () => {
    it.each([...readManifests().keys()])(
      "%s runs a program of its kind, where it is built",
      async (environment) => {
        if (!isBuilt(environment)) {
          expect(required).not.toContain(environment);
          process.stderr.write(
            `environment ${environment} is not built here: npm run environments -- build ${environment}\n`,
          );
          return;
        }
        const [source = "", expected = ""] = programs[environment] ?? [];
        const options = { environment, limits };
        const { stdout, stderr, finished } = await runJob(executor(), worker(), source, options);
        expect([stdout, stderr]).toEqual([expected, ""]);
        expect(finished.reason).toBe("exit");
        expect(finished.outputs.map(({ path }) => path).every((path) => path.endsWith(".png"))).toBe(true);
      },
      60_000,
    );
  });
};
