import { readdirSync, readFileSync } from "node:fs";
import { failedWith } from "./sandbox/group-files.ts";

const CLOSE_ON_EXEC = 0o2000000;
const REEXECUTED = "SANDPIPER_DESCRIPTORS_CLOSED";

const flagsOf = (descriptor: string): number | null => {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
    return Number.parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? "0", 8);
  } catch (error) {
    // The listing's own descriptor is closed by now.
    if (failedWith(error, "ENOENT")) return null;
    throw error;
  }
};

/** Descriptors above 2 that every child would inherit, jobs included. */
export const inheritedDescriptors = (): readonly number[] =>
  readdirSync("/proc/self/fdinfo")
    .filter((descriptor) => {
      const flags = flagsOf(descriptor);
      return Number(descriptor) > 2 && flags !== null && (flags & CLOSE_ON_EXEC) === 0;
    })
    .map(Number);

/**
 * Closes what this process inherited by becoming itself once more through a shell that closes it: node has
 * no call for it. Throws when descriptors are still open after that.
 */
export const closeInheritedDescriptors = (): void => {
  const open = inheritedDescriptors();
  if (open.length === 0) {
    delete process.env[REEXECUTED];
    return;
  }
  if (process.env[REEXECUTED] !== undefined || process.execve === undefined) {
    throw new Error(`descriptors are inherited and cannot be closed: ${open.join(", ")}`);
  }
  const closing = open.map((descriptor) => `${descriptor}>&-`).join(" ");
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve("/bin/bash", ["bash", "-c", `exec ${closing}; exec "$@"`, "bash", ...own], {
    ...process.env,
    [REEXECUTED]: "1",
  });
};
