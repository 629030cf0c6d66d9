import { readdirSync, readFileSync } from "node:fs";

/** What a process has used, in ms: by itself, and by the children that it has waited for. */
export type CpuTime = { readonly ownMs: number; readonly childrenMs: number };

/** `USER_HZ` is 100 wherever Linux is; the sums behind it are exact, so many runs average it out. */
const TICK_MS = 10;

const statFields = (pid: number): readonly string[] => {
  // The name stands in parentheses and may hold anything; the state comes after it.
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};

/** CPU time of a living process as the kernel has counted it. @throws where there is none */
export const cpuTimeOf = (pid: number): CpuTime => {
  const fields = statFields(pid);
  const ticks = (at: number): number => Number(fields[at]) + Number(fields[at + 1]);
  return { ownMs: ticks(11) * TICK_MS, childrenMs: ticks(13) * TICK_MS };
};

const parentOf = (pid: number): number | null => {
  try {
    return Number(statFields(pid)[1]);
  } catch {
    // It ended between the listing and the look.
    return null;
  }
};

const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

/** The one child of a process that has this name. @throws where there is none, or more */
export const childNamed = (pid: number, name: string): number => {
  const all = readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? [Number(entry)] : []));
  const found = all.filter((one) => parentOf(one) === pid && nameOf(one) === name);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} children are called ${name}`);
  return first;
};
