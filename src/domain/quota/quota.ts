/** What one client may use; windows roll. */
export type QuotaRules = {
  readonly activeJobs: number;
  readonly jobsPerHour: number;
  readonly cpuSecondsPerMinute: number;
};

/** A client's budget. A slot is named by the job object's id, never by the job id, which is a secret. */
export type QuotaState = {
  readonly slots: readonly { readonly slot: string; readonly untilMs: number }[];
  /** An ended job's has no slot any more: nothing gives it back, and a thousand names an hour would be written each time. */
  readonly accepted: readonly { readonly slot?: string; readonly atMs: number }[];
  readonly cpu: readonly { readonly seconds: number; readonly atMs: number }[];
};

export type QuotaUsage = {
  readonly rules: QuotaRules;
  readonly usedCpuSeconds: number;
  readonly limitCpuSeconds: number;
  readonly availableCpuSeconds: number;
  readonly activeJobs: number;
  readonly jobsLastHour: number;
  readonly refusal: QuotaRefusal | null;
};

export type QuotaRefusal = {
  readonly rule: "active_jobs" | "jobs_per_hour" | "cpu_seconds";
  readonly reason: string;
  readonly retryAfterSeconds: number;
};

export const EMPTY_QUOTA: QuotaState = { slots: [], accepted: [], cpu: [] };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** When a job will end is unknowable, so the concurrency rule names a pace for asking again. */
const ACTIVE_RETRY_SECONDS = 5;

/** Drops what no rule looks at any more. */
export const pruneQuota = (state: QuotaState, now: number): QuotaState => ({
  slots: state.slots.filter((slot) => slot.untilMs > now),
  accepted: state.accepted.filter((entry) => entry.atMs > now - HOUR_MS),
  cpu: state.cpu.filter((sample) => sample.atMs > now - MINUTE_MS),
});

const secondsUntil = (instantMs: number, now: number): number =>
  Math.max(1, Math.ceil((instantMs - now) / 1_000));

const sum = (samples: QuotaState["cpu"]): number => samples.reduce((total, one) => total + one.seconds, 0);

/** The instant at which enough of the oldest samples have left the window for the rule to pass. */
const cpuFreeAtMs = (samples: QuotaState["cpu"], limit: number): number => {
  const ordered = [...samples].sort((a, b) => a.atMs - b.atMs);
  let left = sum(ordered);
  for (const sample of ordered) {
    left -= sample.seconds;
    if (left < limit) return sample.atMs + MINUTE_MS;
  }
  return 0;
};

/** The first rule that refuses a submission now. */
const refusalOf = (state: QuotaState, rules: QuotaRules, now: number): QuotaRefusal | null => {
  if (state.slots.length >= rules.activeJobs) {
    const firstFreeMs = Math.min(...state.slots.map((slot) => slot.untilMs));
    return {
      rule: "active_jobs",
      reason: `Max concurrent jobs reached (${rules.activeJobs})`,
      retryAfterSeconds: Math.min(ACTIVE_RETRY_SECONDS, secondsUntil(firstFreeMs, now)),
    };
  }
  const oldest = state.accepted.map((entry) => entry.atMs).sort((a, b) => a - b);
  const blocking = oldest[oldest.length - rules.jobsPerHour];
  if (blocking !== undefined) {
    return {
      rule: "jobs_per_hour",
      reason: `Max jobs per hour reached (${rules.jobsPerHour})`,
      retryAfterSeconds: secondsUntil(blocking + HOUR_MS, now),
    };
  }
  if (sum(state.cpu) < rules.cpuSecondsPerMinute) return null;
  const retryAfterSeconds = secondsUntil(cpuFreeAtMs(state.cpu, rules.cpuSecondsPerMinute), now);
  return {
    rule: "cpu_seconds",
    reason: `CPU quota exhausted, wait ${retryAfterSeconds} seconds`,
    retryAfterSeconds,
  };
};

/** What a client has used, and what would be said to a submission now. */
export const usageOf = (state: QuotaState, rules: QuotaRules, now: number): QuotaUsage => {
  const current = pruneQuota(state, now);
  const usedCpuSeconds = sum(current.cpu);
  return {
    usedCpuSeconds,
    rules,
    limitCpuSeconds: rules.cpuSecondsPerMinute,
    availableCpuSeconds: Math.max(0, rules.cpuSecondsPerMinute - usedCpuSeconds),
    activeJobs: current.slots.length,
    jobsLastHour: current.accepted.length,
    refusal: refusalOf(current, rules, now),
  };
};

export type Reservation = {
  readonly state: QuotaState;
  readonly usage: QuotaUsage;
  readonly granted: boolean;
};

/**
 * Takes a slot for a submission, or says which rule refuses it. Asking again for a slot that is held grants
 * it again, and for longer where this is longer. The slot is a lease: whoever takes it and dies frees it at
 * `untilMs`.
 */
export const reserveSlot = (
  state: QuotaState,
  rules: QuotaRules,
  slot: string,
  untilMs: number,
  now: number,
): Reservation => {
  const current = pruneQuota(state, now);
  const usage = usageOf(current, rules, now);
  if (current.slots.some((held) => held.slot === slot)) {
    const slots = current.slots.map((held) =>
      held.slot === slot ? { slot, untilMs: Math.max(held.untilMs, untilMs) } : held,
    );
    return { state: { ...current, slots }, usage, granted: true };
  }
  if (usage.refusal !== null) return { state: current, usage, granted: false };
  const next = {
    ...current,
    slots: [...current.slots, { slot, untilMs }],
    accepted: [...current.accepted, { slot, atMs: now }],
  };
  return { state: next, usage: usageOf(next, rules, now), granted: true };
};

/** Gives back the slot of a submission that was refused after all, as if it had never been made. */
export const releaseSlot = (state: QuotaState, slot: string, now: number): QuotaState => {
  const current = pruneQuota(state, now);
  return {
    ...current,
    slots: current.slots.filter((held) => held.slot !== slot),
    accepted: current.accepted.filter((entry) => entry.slot !== slot),
  };
};

/** Frees an ended job's slot and charges its CPU time; without the slot it has no effect, so both happen once. */
export const settleSlot = (state: QuotaState, slot: string, cpuSeconds: number, now: number): QuotaState => {
  const current = pruneQuota(state, now);
  if (!current.slots.some((held) => held.slot === slot)) return current;
  return {
    ...current,
    slots: current.slots.filter((held) => held.slot !== slot),
    accepted: current.accepted.map((entry) => (entry.slot === slot ? { atMs: entry.atMs } : entry)),
    cpu: cpuSeconds > 0 ? [...current.cpu, { seconds: cpuSeconds, atMs: now }] : current.cpu,
  };
};

/** When the last of the state leaves its window; null when it is empty. */
export const quotaEmptyAtMs = (state: QuotaState): number | null => {
  const instants = [
    ...state.slots.map((slot) => slot.untilMs),
    ...state.accepted.map((entry) => entry.atMs + HOUR_MS),
    ...state.cpu.map((sample) => sample.atMs + MINUTE_MS),
  ];
  return instants.length === 0 ? null : Math.max(...instants);
};
