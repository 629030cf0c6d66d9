import { spawn } from "node:child_process";
import { root } from "./lib/local.ts";
import { optionsOf } from "./lib/usage.ts";

const usage = `Usage: npm run fuzz -- [--requests N] [--seed S]

Sends N generated requests (5000) to each face of a running service, by its own description, and raw nonsense over
TCP, and checks that every answer is as described, that none is a 5xx, and that the service is whole afterwards.`;

const values = optionsOf(usage, {
  requests: { type: "string", default: "5000" },
  seed: { type: "string" },
});
const isWhole = (text: string | undefined): boolean => text === undefined || /^[0-9]{1,9}$/.test(text);
if (!isWhole(values.requests) || !isWhole(values.seed)) {
  process.stderr.write(`--requests and --seed take whole numbers.\n${usage}\n`);
  process.exit(2);
}
const env = {
  ...process.env,
  FUZZ_REQUESTS: values.requests,
  ...(values.seed !== undefined && { FUZZ_SEED: values.seed }),
};

/** The typed jobs are asked without a network, each with a service of its own models. */
const suites = [
  ["--project", "worker", "test/worker/jobs/fuzz.test.ts"],
  ["--project", "e2e", "test/e2e/fuzz.test.ts"],
];
for (const suite of suites) {
  const child = spawn("vitest", ["run", ...suite], { cwd: root, stdio: "inherit", env });
  const code = await new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
  if (code !== 0) process.exitCode = code;
}
