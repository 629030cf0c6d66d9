import type { Command } from "commander";
import { addCompletion } from "./completion.ts";
import { addOneRun } from "./one-run.ts";
import { addRun } from "./run.ts";
import { addRuns } from "./runs.ts";
import { addUpload } from "./upload.ts";
import { addUsage } from "./usage.ts";

/** What users of a service do. */
export const addUserCommands = (program: Command): void => {
  addRun(program);
  addOneRun(program);
  addRuns(program);
  addUsage(program);
  addUpload(program);
  addCompletion(program);
};
