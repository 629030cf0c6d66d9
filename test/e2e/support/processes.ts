import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It ended between the listing and the look, or it is the kernel's.
    return "";
  }
};

/** An argument by which a program's processes can be found on this machine. */
export const marker = (): string => `marker-${randomUUID()}`;

/** How many processes of this machine have a text in their command line; this one's own does not count. */
export const processesWith = (text: string): number =>
  readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && commandLine(pid).includes(text),
  ).length;
