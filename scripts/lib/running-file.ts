import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { LocalState } from "./local.ts";
import { startTicksOf } from "./process-stat.ts";

const schema = z.object({
  url: z.url(),
  pid: z.int().positive(),
  executorPid: z.int().positive(),
  /** When `pid` started, in the kernel's ticks since boot: process ids are used again, these are not. */
  startTicks: z.string(),
});

/** What a running Sandpiper says about itself, for tests and tools; there only while it is ready. */
export type Running = z.infer<typeof schema>;

const fileOf = (state: LocalState): string => path.join(state.executorDir, "running.json");

const readAnnouncement = (state: LocalState): string | null => {
  try {
    return readFileSync(fileOf(state), "utf8");
  } catch {
    // Not there, or gone since: both mean that nothing runs.
    return null;
  }
};

/** The Sandpiper that runs on this state, or null; a file whose process is gone counts as none. */
export const readRunning = (state: LocalState): Running | null => {
  const text = readAnnouncement(state);
  if (text === null) return null;
  const running = schema.parse(JSON.parse(text));
  return startTicksOf(running.pid) === running.startTicks ? running : null;
};

/** Announces this process; readers see the old announcement or the new one, never a part. */
export const writeRunning = (state: LocalState, about: Pick<Running, "url" | "executorPid">): void => {
  const running: Running = { ...about, pid: process.pid, startTicks: startTicksOf(process.pid) ?? "" };
  mkdirSync(state.executorDir, { recursive: true });
  writeFileSync(`${fileOf(state)}.new`, `${JSON.stringify(running, null, 2)}\n`);
  renameSync(`${fileOf(state)}.new`, fileOf(state));
};

/** Takes the announcement back. */
export const removeRunning = (state: LocalState): void => rmSync(fileOf(state), { force: true });
