import { spawn } from "node:child_process";
import { root } from "./lib/local.ts";
import { optionsOf } from "./lib/usage.ts";

const places = ["basic", "x-api-key", "authorization", "bearer"];
const usage = `Usage: npm run test:keys -- [--place ${places.join("|")}]

Runs the suites of the three faces' clients against a service that wants keys, the key in each place where a client can
put one, or in the one that is named; runs stay those of strangers.`;

const { place } = optionsOf(usage, { place: { type: "string" } });
if (place !== undefined && !places.includes(place)) {
  process.stderr.write(`--place is none of the places.\n${usage}\n`);
  process.exit(2);
}
const suites = ["test/worker/jobs", "test/worker/workloads", "test/worker/runs"];
for (const one of place === undefined ? places : [place]) {
  process.stdout.write(`The key as ${one}:\n`);
  const env = { ...process.env, KEY_PLACE: one };
  const args = ["run", "--project", "worker", ...suites];
  const child = spawn("vitest", args, { cwd: root, stdio: "inherit", env });
  const code = await new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
  if (code !== 0) process.exitCode = code;
}
