import { spawnSync } from "node:child_process";
import { root } from "./lib/local.ts";

type Gate = { readonly name: string; readonly commands: readonly (readonly string[])[] };

const typeConfigs = [".", "src/client", "executor", "scripts", "test", "test/e2e"];
const vitest = (project: string): string[] => ["vitest", "run", "--project", project];

/** Building one writes into the system's cache, which is root's; the tests of others say that it is missing. */
const environmentForTests =
  process.getuid?.() === 0
    ? [["node", "executor/environments/build.ts", "build", "--missing", "scientific"]]
    : [];

const gates: readonly Gate[] = [
  { name: "types", commands: typeConfigs.map((config) => ["tsc", "-p", config]) },
  {
    name: "lint",
    commands: [
      ["biome", "ci", "--error-on-warnings", "."],
      ["oxlint", "--type-aware", "--deny-warnings", "."],
    ],
  },
  // Before the tests, because it builds the assets that the Worker serves in them.
  { name: "size", commands: [["node", "scripts/check-size.ts"]] },
  { name: "unit", commands: [vitest("unit")] },
  { name: "worker", commands: [vitest("worker")] },
  { name: "executor", commands: [...environmentForTests, vitest("executor")] },
];
const endToEnd: Gate = { name: "e2e", commands: [vitest("e2e")] };

const passes = (command: readonly string[]): boolean =>
  spawnSync(command[0] ?? "", command.slice(1), { cwd: root, stdio: "inherit" }).status === 0;

const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;

/** Runs the gates one after the other, all of them even if one fails, and sums up. */
const runGates = (chosen: readonly Gate[]): boolean => {
  const startedAtMs = performance.now();
  const summary: string[] = [];
  let failed = 0;
  for (const { name, commands } of chosen) {
    process.stdout.write(`\n--- ${name}\n`);
    const gateAtMs = performance.now();
    const passed = commands.every(passes);
    if (!passed) failed += 1;
    summary.push(`${passed ? "passed" : "FAILED"}  ${name}  ${seconds(gateAtMs)}`);
  }
  const verdict = failed === 0 ? "passed" : `FAILED (${failed} of ${chosen.length})`;
  process.stdout.write(`\n${summary.join("\n")}\n${verdict} in ${seconds(startedAtMs)}\n`);
  return failed === 0;
};

const args = process.argv.slice(2);
const named = gates.filter(({ name }) => args.includes(name));
const chosen = named.length > 0 ? named : [...gates, ...(args.includes("--e2e") ? [endToEnd] : [])];
if (!runGates(chosen)) process.exitCode = 1;
