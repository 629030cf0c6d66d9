import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { root } from "./lib/local.ts";
import { REPEAT_HEADING } from "./lib/repeat-reporter.ts";

type Gate = { readonly name: string; readonly commands: readonly (readonly string[])[] };

const typeConfigs = [
  ".",
  "src/client",
  "src/cli",
  "src/console",
  "executor",
  "scripts",
  "test",
  "test/e2e",
  "test/deploy",
];
const vitest = (project: string): string[] => ["vitest", "run", "--project", project];

/** Building one writes into the system's cache, which is root's; the tests of others say that it is missing. */
const environmentForTests =
  process.getuid?.() === 0
    ? [["node", "executor/environments/build.ts", "build", "--missing", "scientific"]]
    : [];

const types: Gate = { name: "types", commands: typeConfigs.map((config) => ["tsc", "-p", config]) };
const lint: Gate = {
  name: "lint",
  commands: [
    ["biome", "ci", "--error-on-warnings", "."],
    ["oxlint", "--type-aware", "--deny-warnings", "."],
  ],
};
/** Before the Worker's tests, because it builds the assets that the Worker serves in them. */
const size: Gate = { name: "size", commands: [["node", "scripts/check-size.ts"]] };
const unit: Gate = { name: "unit", commands: [vitest("unit")] };
const simulation: Gate = { name: "simulation", commands: [vitest("simulation")] };
const worker: Gate = { name: "worker", commands: [vitest("worker")] };
const executor: Gate = { name: "executor", commands: [...environmentForTests, vitest("executor")] };
const deploy: Gate = { name: "deploy", commands: [vitest("deploy")] };
/** Every fault at every call, and kills; `npm run test:deploy`, and a workflow of its own. */
const deployMatrix: Gate = { name: "matrix", commands: [vitest("deploy-matrix")] };
const endToEnd: Gate = { name: "e2e", commands: [vitest("e2e")] };

/** Gates one after the other; the lanes of a stage run side by side, since each of them often waits. */
type Lane = readonly Gate[];
type Stage = readonly Lane[];
const quick: Lane = [types, lint, size, unit, simulation, worker];
const checks: readonly Stage[] = [[quick, [executor]]];
/** The executor's tests take the longest, and wait for most of it, so the deployments fit beside them. */
const everything: readonly Stage[] = [[[...quick, deploy], [executor]], [[endToEnd]]];

const say = (name: string, line: string): void => {
  process.stdout.write(`${name.padEnd(8)} | ${line}\n`);
};

/** What failed in any gate: said again at the end, where it is found among thousands of lines. */
const repeats: { readonly name: string; readonly line: string }[] = [];

/** Passes a program's lines on as they come, each with its gate's name before it, and keeps what names a failure. */
const passOn = (output: Readable, name: string): void => {
  let namesFailures = false;
  createInterface({ input: output }).on("line", (line) => {
    say(name, line);
    if (namesFailures && line.startsWith("  ")) repeats.push({ name, line });
    else namesFailures = line === REPEAT_HEADING;
  });
};

const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};

const passes = (name: string, [file = "", ...args]: readonly string[]): Promise<boolean> => {
  const child = spawn(file, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...color },
  });
  passOn(child.stdout, name);
  passOn(child.stderr, name);
  return new Promise((resolve) => {
    child.once("error", ({ message }) => {
      say(name, message);
      resolve(false);
    });
    child.once("close", (code) => resolve(code === 0));
  });
};

const allPass = async ({ name, commands }: Gate): Promise<boolean> => {
  for (const command of commands) {
    if (!(await passes(name, command))) return false;
  }
  return true;
};

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

/**
 * Suites share the cores with each other, which is the check's choice and may cost a test its time limit: what
 * failed is tried once more alone, and said to have been. True if all of it passes then.
 */
const passAlone = async (gates: ReadonlySet<string>): Promise<boolean> => {
  const failures = repeats.filter(({ line }) => line.startsWith("  npx vitest "));
  if (![...gates].every((gate) => failures.some(({ name }) => name === gate))) return false;
  for (const { line } of failures) {
    const command = line.trim();
    say("again", command);
    if (!(await passes("again", ["sh", "-c", command]))) return false;
  }
  return true;
};

/** Runs all gates even if one fails, and sums up. */
const runStages = async (stages: readonly Stage[]): Promise<boolean> => {
  const startedAtMs = performance.now();
  const summary: string[] = [];
  const failed = new Set<string>();
  const runGate = async (gate: Gate): Promise<void> => {
    const gateAtMs = performance.now();
    const passed = await allPass(gate);
    if (!passed) failed.add(gate.name);
    summary.push(`${passed ? "passed" : "FAILED"}  ${gate.name}  ${seconds(gateAtMs)}`);
  };
  const runLane = async (lane: Lane): Promise<void> => {
    for (const gate of lane) await runGate(gate);
  };
  for (const stage of stages) await Promise.all(stage.map(runLane));
  const said = repeats.map(({ line }) => line).join("\n");
  const isRight = failed.size === 0 || (await passAlone(failed));
  if (said !== "") process.stdout.write(`\n${REPEAT_HEADING}\n${said}\n`);
  const alone = failed.size > 0 ? `, ${[...failed].join(", ")} only when repeated alone,` : "";
  const verdict = isRight ? `passed${alone}` : `FAILED (${failed.size} of ${summary.length})`;
  process.stdout.write(`\n${summary.join("\n")}\n${verdict} in ${seconds(startedAtMs)}\n`);
  return isRight;
};

const args = process.argv.slice(2);
const gates = [...everything.flat(2), deployMatrix];
if (args.includes("--help")) {
  process.stdout.write(`Usage: npm run check -- [${gates.map(({ name }) => name).join("|")}]...\n`);
  process.exit();
}
const unknown = args.find((arg) => arg !== "--e2e" && !gates.some(({ name }) => name === arg));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no gate ${unknown}: choose among ${gates.map(({ name }) => name).join(", ")}.\n`,
  );
  process.exit(2);
}
const named = gates.filter(({ name }) => args.includes(name));
const whole = args.includes("--e2e") ? everything : checks;
if (!(await runStages(named.length > 0 ? [[named]] : whole))) process.exitCode = 1;
