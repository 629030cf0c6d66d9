import type { Deps } from "../../deps/types.ts";
import { cancel } from "./cancel.ts";
import { listCases, oneCase } from "./cases.ts";
import { download } from "./download.ts";
import { environments } from "./environments.ts";
import type { RunOperation } from "./face.ts";
import { health } from "./health.ts";
import { listRuns } from "./list.ts";
import { logEvents } from "./log-events.ts";
import { logs } from "./logs.ts";
import { downloadFile, outputFile } from "./output-file.ts";
import { outputs } from "./outputs.ts";
import { readyz } from "./readyz.ts";
import { repeat } from "./repeat.ts";
import { root } from "./root.ts";
import { runtimes } from "./runtimes.ts";
import { stats } from "./stats.ts";
import { status } from "./status.ts";
import { streams } from "./stream.ts";
import { submit } from "./submit.ts";
import { usage } from "./usage.ts";

/** The runs face. */
export const runOperations = (deps: Deps): RunOperation[] => [
  root(deps),
  submit(deps),
  status(deps),
  logs(deps),
  logEvents(deps),
  ...streams(deps),
  listCases(deps),
  oneCase(deps),
  outputs(deps),
  outputFile(deps),
  download(deps),
  downloadFile(deps),
  cancel(deps),
  listRuns(deps),
  repeat(deps),
  stats(deps),
  usage(deps),
  environments(deps),
  runtimes(deps),
  health(deps),
  readyz(deps),
];
