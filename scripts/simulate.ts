import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { root } from "./lib/local.ts";

const usage = `Usage: npm run simulate -- [--seeds N] [--seed S]

Drives the core of the service through N random histories (20000) of submissions, faults and resets, and
checks what must hold. A history that fails is made smaller and printed, with the seed that repeats the run.`;

const count = (text: string | undefined): string | null =>
  text === undefined || !/^-?[0-9]+$/.test(text) ? null : text;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20000" },
    seed: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const seeds = count(values.seeds);
const seed = count(values.seed);
if (values.help || seeds === null || (values.seed !== undefined && seed === null)) {
  process.stdout.write(`${usage}\n`);
  process.exit(values.help ? 0 : 2);
}
const child = spawn("vitest", ["run", "--project", "simulation"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, SIMULATED_SEEDS: seeds, ...(seed !== null && { SIMULATION_SEED: seed }) },
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
