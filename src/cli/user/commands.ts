import type { Command } from "commander";
import { addCompletion } from "./completion.ts";
import { addOneRun } from "./one-run.ts";
import { addOverview } from "./overview.ts";
import { addRun } from "./run.ts";
import { addUpload } from "./upload.ts";

/** What users of a service do. */
export const addUserCommands = (program: Command): void => {
  addRun(program);
  addOneRun(program);
  addOverview(program);
  addUpload(program);
  addCompletion(program);
};
