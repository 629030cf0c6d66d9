import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { root } from "../../scripts/lib/local.ts";
import { optionsOf } from "../../scripts/lib/usage.ts";
import { mutations } from "./mutations.ts";

const usage = `Usage: npm run simulate -- [--seeds N] [--seed S] [--mutations]

Drives the core of the service through N random histories (20000) of submissions, faults and resets, and
checks what must hold. A history that fails is made smaller and printed, with the seed that repeats the run.
--mutations proves that it finds faults: one fault after the other is put into the core, a fence, a lease check, and
so on, and each of these runs must fail.`;

const values = optionsOf(usage, {
  seeds: { type: "string", default: "20000" },
  seed: { type: "string" },
  mutations: { type: "boolean", default: false },
});
const isWhole = (text: string | undefined): boolean => text === undefined || /^-?[0-9]+$/.test(text);
if (!isWhole(values.seeds) || !isWhole(values.seed)) {
  process.stderr.write(`--seeds and --seed take whole numbers.\n${usage}\n`);
  process.exit(2);
}
const simulate = async (mutation: string | null, stdio: "inherit" | "pipe") => {
  const child = spawn("vitest", ["run", "--project", "simulation"], {
    cwd: root,
    stdio: ["ignore", stdio, stdio],
    env: {
      ...process.env,
      SIMULATED_SEEDS: values.seeds,
      ...(values.seed !== undefined && { SIMULATION_SEED: values.seed }),
      ...(mutation !== null && { SIMULATED_MUTATION: mutation }),
    },
  });
  const [[code], ...said] = await Promise.all([
    once(child, "exit"),
    ...[child.stdout, child.stderr].map((stream) => (stream === null ? "" : text(stream))),
  ]);
  return { code: Number(code ?? 1), said: said.join("\n") };
};

/** The histories that a run failed on, as it made them smaller, and how to repeat it. */
const findings = (said: string): string =>
  said
    .split("\n")
    .filter((line) => /Counterexample|seed:|Property failed|Shrunk/.test(line))
    .slice(0, 3)
    .map((line) => `    ${line.trim().slice(0, 300)}`)
    .join("\n");

const proveThatItFinds = async (): Promise<number> => {
  let missed = 0;
  for (const { name } of mutations) {
    const { code, said } = await simulate(name, "pipe");
    const isFound = code !== 0 && said.includes("Counterexample");
    if (!isFound) missed += 1;
    process.stdout.write(`${isFound ? "found " : "MISSED"}  ${name}\n${isFound ? findings(said) : said}\n`);
  }
  return missed === 0 ? 0 : 1;
};

process.exitCode = values.mutations ? await proveThatItFinds() : (await simulate(null, "inherit")).code;
