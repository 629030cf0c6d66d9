import type { RunLimits } from "../quota/classes.ts";
import { CPU_SECONDS, MEMORY_MB, TIMEOUT_SECONDS } from "../runs/manifest-fields.ts";
import type { FieldError, ResolvedRun } from "../runs/types.ts";
import type { SubmissionOutcome } from "./types.ts";

/** What a run asks for. */
type Asked = { readonly timeoutSeconds: number; readonly memoryMb: number; readonly cpuSeconds: number };

const FIELDS = [
  ["timeoutSeconds", "timeout"],
  ["memoryMb", "memory_mb"],
  ["cpuSeconds", "cpu_seconds"],
] as const;

/** Names each limit of its client's class that a run is over; null where it is over none. */
export const refuseLimits = (
  limits: RunLimits,
  asked: Asked,
): Extract<SubmissionOutcome, { kind: "bad_fields" }> | null => {
  const errors = FIELDS.flatMap(([name, field]): FieldError[] => {
    const most = limits[name];
    return most === null || asked[name] <= most
      ? []
      : [{ field, message: `must be at most ${most} in your quota class` }];
  });
  return errors.length === 0 ? null : { kind: "bad_fields", errors };
};

const DEFAULTS: Asked = {
  timeoutSeconds: TIMEOUT_SECONDS.initial,
  memoryMb: MEMORY_MB.initial,
  cpuSeconds: CPU_SECONDS.initial,
};

/** A limit that a run has by default gives way to its class's: who names nothing is not to be refused for it. */
export const withinClass = (limits: RunLimits, run: ResolvedRun): ResolvedRun => {
  const fitted = FIELDS.map(([name]): [string, number] => {
    const value = run.manifest[name];
    const most = limits[name];
    return [name, most !== null && value === DEFAULTS[name] ? Math.min(value, most) : value];
  });
  return { ...run, manifest: { ...run.manifest, ...Object.fromEntries(fitted) } };
};
