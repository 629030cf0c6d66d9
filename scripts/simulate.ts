import { spawn } from "node:child_process";
import { root } from "./lib/local.ts";
import { optionsOf } from "./lib/usage.ts";

const usage = `Usage: npm run simulate -- [--seeds N] [--seed S]

Drives the core of the service through N random histories (20000) of submissions, faults and resets, and
checks what must hold. A history that fails is made smaller and printed, with the seed that repeats the run.`;

const values = optionsOf(usage, {
  seeds: { type: "string", default: "20000" },
  seed: { type: "string" },
});
const isWhole = (text: string | undefined): boolean => text === undefined || /^-?[0-9]+$/.test(text);
if (!isWhole(values.seeds) || !isWhole(values.seed)) {
  process.stderr.write(`--seeds and --seed take whole numbers.\n${usage}\n`);
  process.exit(2);
}
const child = spawn("vitest", ["run", "--project", "simulation"], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    SIMULATED_SEEDS: values.seeds,
    ...(values.seed !== undefined && { SIMULATION_SEED: values.seed }),
  },
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
