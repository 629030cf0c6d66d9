#!/usr/bin/env node
// A stand-in for the engine: it records what it is asked, keeps what it is given on standard input, and answers
// what wrangler needs to go on. WRANGLER_DOCKER_BIN names it; DOCKER_RECORD is the file of its records.
import { appendFileSync, readFileSync } from "node:fs";

const args = process.argv.slice(2);
const input =
  args[0] === "build" && args.includes("-f") && args[args.indexOf("-f") + 1] === "-"
    ? readFileSync(0, "utf8")
    : "";
const record = process.env.DOCKER_RECORD;
if (record !== undefined)
  appendFileSync(record, `${JSON.stringify({ args, dockerfileBytes: input.length })}\n`);
if (process.env.DOCKER_FAILS === args[0]) {
  process.stderr.write(`docker ${args[0]}: refused by the test\n`);
  process.exit(1);
}
const digest = `sha256:${"ab".repeat(32)}`;
if (args[0] === "image" && args[1] === "inspect") {
  const format = args[args.indexOf("--format") + 1] ?? "";
  if (format.includes("RepoDigests")) process.stdout.write("[]\n");
  else process.stdout.write(`1000000 10\n`);
}
if (args[0] === "manifest") process.stdout.write(JSON.stringify({ Descriptor: { digest } }));
if (args[0] === "login") readFileSync(0);
