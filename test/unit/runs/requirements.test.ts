import { describe, expect, it } from "vitest";
import { refuseRequirements } from "../../../src/domain/runs/requirements.ts";

const environment = (name: string, packages: readonly string[], description = "") => ({
  name,
  description,
  interpreters: ["python3" as const],
  packages: [...packages],
  diskBytes: 1,
  uses: 0,
});
const all = [
  environment("default", []),
  environment(
    "ml-basic",
    ["python3-numpy 1:1.24.2-1", "python3-sklearn 1.2.1+dfsg-1"],
    "NumPy, scikit-learn.",
  ),
  environment(
    "mine",
    ["numpy 2.1.0", "Flask_Thing 3.0", "left-pad 1.3.0", "@s/x 2.0.0"],
    "Packages of the owner.",
  ),
];
const answer = (...lines: readonly string[]): string =>
  refuseRequirements(lines, all)?.errors[0]?.message ?? "";

describe("packages that a manifest wants", () => {
  it.each([
    [["numpy"], "name the environment that has them: ml-basic (numpy 1:1.24.2-1) or mine (numpy 2.1.0)"],
    [["numpy==2.1.0 --hash=sha256:ab", "--hash=sha256:cd"], "has them: mine (numpy 2.1.0)"],
    [["numpy==1.24.2"], "has them: ml-basic"],
    [["flask-thing[x]>=1 ; python_version > '3'"], "has them: mine (flask-thing 3.0)"],
    [["scikit-learn", "NumPy"], "has them: ml-basic (scikit-learn, numpy"],
    [["left-pad@1.3.0", "@s/x@^2"], "has them: mine (left-pad 1.3.0, @s/x 2.0.0)"],
    [
      ["numpy==9"],
      "other versions are in the environment ml-basic (numpy 1:1.24.2-1) or mine (numpy 2.1.0); for these",
    ],
    [
      ["numpy", "torch"],
      "no environment has all of torch; whoever runs the service builds one: npm run environments",
    ],
    [["git+https://example.com/x"], "no environment has all"],
    [["!!"], "no environment has all; whoever"],
    [["-r other.txt"], "no environment has all; whoever"],
  ])("%j are answered", (lines, says) => {
    expect(answer(...lines)).toContain(`packages are not installed for a run; `);
    expect(answer(...lines)).toContain(says);
  });

  it("are no matter where there are none", () => {
    expect(refuseRequirements([], all)).toBeNull();
    expect(refuseRequirements(["# none"], all)).toBeNull();
  });

  it("are read in bounded time", () => {
    const startedAtMs = performance.now();
    expect(answer(`a${" ".repeat(1_000_000)}b`, ...Array<string>(100_000).fill("x==1"))).toContain(
      "no environment",
    );
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });
});
