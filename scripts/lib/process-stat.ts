import { readFileSync } from "node:fs";

const statLine = (pid: number): string | null => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // There is no such process.
    return null;
  }
};

/**
 * When a process started, in the kernel's ticks since boot, which tell it from a later one with the same
 * id. Null when it is gone, which includes one that has ended and that nobody has waited for yet.
 */
export const startTicksOf = (pid: number): string | null => {
  // The name stands in parentheses and may hold anything; the state and the 22nd field come after it.
  const fields = statLine(pid)?.split(") ").at(-1)?.split(" ");
  return fields === undefined || fields[0] === "Z" ? null : (fields[19] ?? null);
};
