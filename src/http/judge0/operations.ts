import type { Deps } from "../../deps/types.ts";
import { createBatch, getBatch } from "./batch.ts";
import type { Judge0Operation } from "./face.ts";
import { informationRoutes } from "./information.ts";
import { languageRoutes } from "./language-routes.ts";
import { closedSubmissions, createSubmission, getSubmission } from "./submissions.ts";

/** Judge0's door; a batch's routes come before those that take its name for a token. */
export const judge0Operations = (deps: Deps): Judge0Operation[] => [
  createBatch(deps),
  getBatch(deps),
  createSubmission(deps),
  getSubmission(deps),
  ...closedSubmissions(deps),
  ...languageRoutes(deps),
  ...informationRoutes(deps),
];
