import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { reasonOf } from "../failure.ts";

const MOST_RUNS = 200;
const entrySchema = z.object({ id: z.string(), url: z.string(), program: z.string(), at: z.number() });
/** A run that this user submitted by this command; `at` is in epoch milliseconds. */
export type PastRun = z.infer<typeof entrySchema>;

const historyFile = (): string =>
  path.join(process.env.XDG_STATE_HOME ?? path.join(homedir(), ".local/state"), "sandpiper", "runs.json");

/** The runs submitted here, newest first; none where the file is missing or not this command's. */
export const pastRuns = (): PastRun[] => {
  try {
    return z.array(entrySchema).parse(JSON.parse(readFileSync(historyFile(), "utf8")));
  } catch {
    return [];
  }
};

/** Keeps a run for `runs`. Ids are secrets, so the file is its user's alone. */
export const rememberRun = (run: PastRun): void => {
  const file = historyFile();
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify([run, ...pastRuns()].slice(0, MOST_RUNS)), { mode: 0o600 });
  } catch (error) {
    // The run is under way, and that is what was asked for.
    process.stderr.write(`sandpiper: this run will not be in the list of runs: ${reasonOf(error)}\n`);
  }
};
