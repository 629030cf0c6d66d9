import { readFileSync, rmdirSync, writeFileSync } from "node:fs";

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Whether a file operation failed for one of these reasons. */
export const failedWith = (error: unknown, ...codes: readonly string[]): boolean => {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
};

export const writeValue = (folder: string, file: string, value: number | string): void => {
  writeFileSync(`${folder}/${file}`, String(value));
};

/** Writes a control that this kernel may not have; false when it is absent. */
export const writeOptional = (folder: string, file: string, value: number | string): boolean => {
  try {
    writeValue(folder, file, value);
    return true;
  } catch (error) {
    if (failedWith(error, "ENOENT", "EACCES", "EOPNOTSUPP")) return false;
    throw error;
  }
};

export const readNumber = (folder: string, file: string): number =>
  Number.parseInt(readFileSync(`${folder}/${file}`, "utf8"), 10);

/** A number out of a `key value` file such as `cpu.stat`; 0 when the key is not there. */
export const readKeyed = (folder: string, file: string, key: string): number => {
  for (const line of readFileSync(`${folder}/${file}`, "utf8").split("\n")) {
    const [name, value] = line.split(" ");
    if (name === key && value !== undefined) return Number.parseInt(value, 10);
  }
  return 0;
};

export const readProcesses = (folder: string): readonly number[] =>
  readFileSync(`${folder}/cgroup.procs`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Number.parseInt(line, 10));

/** Does something to each process of a group that this one can name; those that are gone already do not matter. */
export const forEachProcess = (folder: string, act: (pid: number) => void): void => {
  for (const pid of readProcesses(folder)) {
    // One of another pid namespace reads as 0.
    if (pid <= 0) continue;
    try {
      act(pid);
    } catch (error) {
      if (!failedWith(error, "ESRCH")) throw error;
    }
  }
};

/** SIGKILL to each process of a group. */
export const killProcesses = (folder: string): void =>
  forEachProcess(folder, (pid) => process.kill(pid, "SIGKILL"));

/** False while the group is busy; a group that is gone counts as removed. */
export const removeGroup = (folder: string): boolean => {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (failedWith(error, "EBUSY", "ENOTEMPTY")) return false;
    if (!failedWith(error, "ENOENT")) throw error;
  }
  return true;
};
