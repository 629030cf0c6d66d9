import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { LocalState } from "./local.ts";

/** What a running Sandpiper says about itself, for tests and tools; there only while it is ready. */
export type Running = {
  readonly url: string;
  readonly executorUrl: string;
  readonly pid: number;
  readonly executorPid: number;
};

const fileOf = (state: LocalState): string => path.join(state.executorDir, "running.json");

const isProcess = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** The Sandpiper that runs on this state, or null; a file whose process is gone counts as none. */
export const readRunning = async (state: LocalState): Promise<Running | null> => {
  const file = fileOf(state);
  if (!existsSync(file)) return null;
  const running = JSON.parse(await readFile(file, "utf8")) as Running;
  return isProcess(running.pid) ? running : null;
};

/** Announces a Sandpiper that is ready; readers see the old announcement or the new one, never a part. */
export const writeRunning = (state: LocalState, running: Running): void => {
  const file = fileOf(state);
  mkdirSync(state.executorDir, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(running, null, 2)}\n`);
  renameSync(`${file}.new`, file);
};

/** Takes the announcement back. */
export const removeRunning = (state: LocalState): Promise<void> => rm(fileOf(state), { force: true });
