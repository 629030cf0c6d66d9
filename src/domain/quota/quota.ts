/** What one client may use; windows roll. */
export type QuotaRules = {
  readonly activeJobs: number;
  readonly jobsPerHour: number;
  readonly cpuSecondsPerMinute: number;
  readonly uploadBytesPerDay: number;
};

/** Of whom an entry is, where a budget is shared by the clients of a network. */
type Of = { readonly client?: string };

/**
 * A client's budget, or that of all clients of a network. A slot is named by the job object's id, never by the job
 * id, which is a secret.
 */
export type QuotaState = {
  readonly slots: readonly (Of & { readonly slot: string; readonly untilMs: number })[];
  /** An ended job's has no slot any more: nothing gives it back, and a thousand names an hour would be written each time. */
  readonly accepted: readonly (Of & { readonly slot?: string; readonly atMs: number })[];
  readonly cpu: readonly (Of & { readonly seconds: number; readonly atMs: number })[];
  /** What jobs may upload, then what they did; absent in budgets of before. */
  readonly uploads?: readonly (Of & {
    readonly slot: string;
    readonly bytes: number;
    readonly atMs: number;
  })[];
  /** Large uploads that were read and refused. */
  readonly refusals?: readonly (Of & { readonly atMs: number })[];
};

/** Who asks of a network's budget; null has the budget alone. */
export type Share = string | null;

export type QuotaUsage = {
  readonly rules: QuotaRules;
  readonly usedCpuSeconds: number;
  readonly limitCpuSeconds: number;
  readonly availableCpuSeconds: number;
  readonly activeJobs: number;
  readonly jobsLastHour: number;
  readonly uploadBytesToday: number;
  readonly refusal: QuotaRefusal | null;
};

export type QuotaRefusal = {
  readonly rule: "active_jobs" | "jobs_per_hour" | "cpu_seconds" | "upload_bytes" | "refused_uploads";
  readonly reason: string;
  readonly retryAfterSeconds: number;
};

/** Rises with what an earlier version would misread; see `schemaOf`. */
export const QUOTA_SCHEMA = 1;

export const EMPTY_QUOTA: QuotaState = { slots: [], accepted: [], cpu: [] };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A network may do so many times what one of its clients may. */
const NETWORK_TIMES = 8;
/** So many large uploads that were read for nothing close uploads for the rest of the hour. */
const REFUSED_UPLOADS = 30;
/** When a job will end is unknowable, so the concurrency rule names a pace for asking again. */
const ACTIVE_RETRY_SECONDS = 5;

/** Drops what no rule looks at any more. */
export const pruneQuota = (state: QuotaState, now: number): QuotaState => ({
  slots: state.slots.filter((slot) => slot.untilMs > now),
  accepted: state.accepted.filter((entry) => entry.atMs > now - HOUR_MS),
  cpu: state.cpu.filter((sample) => sample.atMs > now - MINUTE_MS),
  ...(state.uploads === undefined
    ? {}
    : { uploads: state.uploads.filter(({ atMs }) => atMs > now - DAY_MS) }),
  ...(state.refusals === undefined
    ? {}
    : { refusals: state.refusals.filter(({ atMs }) => atMs > now - HOUR_MS) }),
});

/** The entries of one client of a network. */
const shareOf = (state: QuotaState, share: Share): QuotaState => {
  if (share === null) return state;
  const own = <T extends Of>(entries: readonly T[]): T[] => entries.filter(({ client }) => client === share);
  return {
    slots: own(state.slots),
    accepted: own(state.accepted),
    cpu: own(state.cpu),
    uploads: own(state.uploads ?? []),
    refusals: own(state.refusals ?? []),
  };
};

const named = (share: Share): Of => (share === null ? {} : { client: share });

const networkRules = (rules: QuotaRules): QuotaRules => ({
  activeJobs: rules.activeJobs * NETWORK_TIMES,
  jobsPerHour: rules.jobsPerHour * NETWORK_TIMES,
  cpuSecondsPerMinute: rules.cpuSecondsPerMinute * NETWORK_TIMES,
  uploadBytesPerDay: rules.uploadBytesPerDay * NETWORK_TIMES,
});

const secondsUntil = (instantMs: number, now: number): number =>
  Math.max(1, Math.ceil((instantMs - now) / 1_000));

const bytesIn = (uploads: QuotaState["uploads"] = []): number =>
  uploads.reduce((total, { bytes }) => total + bytes, 0);

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

/** Why nothing large may be uploaded for a while; null where it may. */
const closedUploads = ({ refusals = [] }: QuotaState, now: number): QuotaRefusal | null => {
  const instants = refusals.map(({ atMs }) => atMs).sort((a, b) => a - b);
  const blocking = instants[instants.length - REFUSED_UPLOADS];
  if (blocking === undefined) return null;
  const retryAfterSeconds = secondsUntil(blocking + HOUR_MS, now);
  const reason = `${REFUSED_UPLOADS} large uploads were refused within an hour; uploads are closed for a while`;
  return { rule: "refused_uploads", reason, retryAfterSeconds };
};

/** Why a job may not upload so much more today; null where it may. */
const uploadRefusal = (
  { uploads = [] }: QuotaState,
  { uploadBytesPerDay }: QuotaRules,
  bytes: number,
  now: number,
): QuotaRefusal | null => {
  if (bytes === 0 || bytesIn(uploads) + bytes <= uploadBytesPerDay) return null;
  const reason = `Max upload bytes per day reached (${uploadBytesPerDay})`;
  const oldestMs = Math.min(now, ...uploads.map(({ atMs }) => atMs));
  return { rule: "upload_bytes", reason, retryAfterSeconds: secondsUntil(oldestMs + DAY_MS, now) };
};

const ofNetwork = (refusal: QuotaRefusal | null): QuotaRefusal | null =>
  refusal === null ? null : { ...refusal, reason: `${refusal.reason} by this network` };

/** The first rule that refuses this share of the budget, or all shares together. */
const refusalFor = (
  state: QuotaState,
  rules: QuotaRules,
  { share, uploadBytes }: { share: Share; uploadBytes: number },
  now: number,
): QuotaRefusal | null => {
  const own = shareOf(state, share);
  const refusal = refusalOf(own, rules, now) ?? uploadRefusal(own, rules, uploadBytes, now);
  if (refusal !== null || share === null) return refusal;
  const wide = networkRules(rules);
  return ofNetwork(refusalOf(state, wide, now) ?? uploadRefusal(state, wide, uploadBytes, now));
};

/** Why a large upload need not be sent now, as no rule would take it; null where one may. */
export const uploadsClosed = (state: QuotaState, share: Share, now: number): QuotaRefusal | null =>
  closedUploads(shareOf(pruneQuota(state, now), share), now);

/** Counts a large upload that was read for nothing. */
export const refuseUpload = (state: QuotaState, share: Share, now: number): QuotaState => {
  const current = pruneQuota(state, now);
  return { ...current, refusals: [...(current.refusals ?? []), { atMs: now, ...named(share) }] };
};

/** What a job really uploaded, in place of what it might have. */
export const correctUpload = (state: QuotaState, slot: string, bytes: number): QuotaState => ({
  ...state,
  uploads: (state.uploads ?? []).map((upload) => (upload.slot === slot ? { ...upload, bytes } : upload)),
});

/** What a client has used, and what would be said to a submission now. */
export const usageOf = (
  state: QuotaState,
  rules: QuotaRules,
  now: number,
  share: Share = null,
  uploadBytes = 0,
): QuotaUsage => {
  const all = pruneQuota(state, now);
  const current = shareOf(all, share);
  const usedCpuSeconds = sum(current.cpu);
  return {
    usedCpuSeconds,
    rules,
    limitCpuSeconds: rules.cpuSecondsPerMinute,
    availableCpuSeconds: Math.max(0, rules.cpuSecondsPerMinute - usedCpuSeconds),
    activeJobs: current.slots.length,
    jobsLastHour: current.accepted.length,
    uploadBytesToday: bytesIn(current.uploads),
    refusal: refusalFor(all, rules, { share, uploadBytes }, now),
  };
};

/** The entries of other jobs. */
const others = <T extends { readonly slot?: string }>(entries: readonly T[], slot: string): T[] =>
  entries.filter((entry) => entry.slot !== slot);

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
  { share = null, uploadBytes = 0 }: { readonly share?: Share; readonly uploadBytes?: number } = {},
): Reservation => {
  const current = pruneQuota(state, now);
  const usage = usageOf(current, rules, now, share, uploadBytes);
  if (current.slots.some((held) => held.slot === slot)) {
    const slots = current.slots.map((held) =>
      held.slot === slot ? { ...held, untilMs: Math.max(held.untilMs, untilMs) } : held,
    );
    return { state: { ...current, slots }, usage, granted: true };
  }
  if (usage.refusal !== null) return { state: current, usage, granted: false };
  const of = named(share);
  const next = {
    ...current,
    slots: [...current.slots, { slot, untilMs, ...of }],
    accepted: [...others(current.accepted, slot), { slot, atMs: now, ...of }],
    ...(uploadBytes === 0
      ? {}
      : {
          uploads: [...others(current.uploads ?? [], slot), { slot, bytes: uploadBytes, atMs: now, ...of }],
        }),
  };
  return { state: next, usage: usageOf(next, rules, now, share), granted: true };
};

const hourlyRefusal = (state: QuotaState, rules: QuotaRules, now: number): QuotaRefusal | null =>
  refusalOf({ ...EMPTY_QUOTA, accepted: state.accepted }, rules, now);

/**
 * Counts a job that holds no slot, because nobody but its workers knows when it will end: among the jobs of the hour
 * alone. Asking again for the same one counts it once.
 */
export const countJob = (state: QuotaState, rules: QuotaRules, slot: string, now: number): Reservation => {
  const current = pruneQuota(state, now);
  const usage = usageOf(current, rules, now);
  if (current.accepted.some((entry) => entry.slot === slot)) return { state: current, usage, granted: true };
  const refusal = hourlyRefusal(current, rules, now);
  if (refusal !== null) return { state: current, usage: { ...usage, refusal }, granted: false };
  const next = { ...current, accepted: [...current.accepted, { slot, atMs: now }] };
  return { state: next, usage: usageOf(next, rules, now), granted: true };
};

/** Gives back the slot of a submission that was refused after all, as if it had never been made. */
export const releaseSlot = (state: QuotaState, slot: string, now: number): QuotaState => {
  const current = pruneQuota(state, now);
  return {
    ...current,
    slots: current.slots.filter((held) => held.slot !== slot),
    accepted: current.accepted.filter((entry) => entry.slot !== slot),
    ...(current.uploads === undefined
      ? {}
      : { uploads: current.uploads.filter((upload) => upload.slot !== slot) }),
  };
};

/** What tells of a job that was accepted and has not been settled; its slot's lease may have run out meanwhile. */
const unsettled = ({ slots, accepted }: QuotaState, slot: string): Of | undefined =>
  slots.find((one) => one.slot === slot) ?? accepted.find((entry) => entry.slot === slot);

/** Whether a job of this name is still to be settled. */
export const isUnsettled = (state: QuotaState, slot: string): boolean => unsettled(state, slot) !== undefined;

/**
 * Keeps the slot of a job that is there until then, whether its first lease still runs or not; a job that is settled
 * gets none.
 */
export const holdSlot = (state: QuotaState, slot: string, untilMs: number, now: number): QuotaState => {
  const job = unsettled(state, slot);
  const current = pruneQuota(state, now);
  if (job === undefined) return current;
  return {
    ...current,
    slots: [...others(current.slots, slot), { slot, untilMs, ...named(job.client ?? null) }],
  };
};

/** Frees an ended job's slot and charges its CPU time; once a job is settled it has no effect, so both happen once. */
export const settleSlot = (state: QuotaState, slot: string, cpuSeconds: number, now: number): QuotaState => {
  const held = unsettled(state, slot);
  const current = pruneQuota(state, now);
  if (held === undefined) return current;
  const of = named(held.client ?? null);
  return {
    ...current,
    slots: current.slots.filter((one) => one.slot !== slot),
    accepted: current.accepted.map((entry) => (entry.slot === slot ? { atMs: entry.atMs, ...of } : entry)),
    cpu: cpuSeconds > 0 ? [...current.cpu, { seconds: cpuSeconds, atMs: now, ...of }] : current.cpu,
  };
};

/** When the last of the state leaves its window; null when it is empty. */
export const quotaEmptyAtMs = (state: QuotaState): number | null => {
  const instants = [
    ...state.slots.map((slot) => slot.untilMs),
    ...state.accepted.map((entry) => entry.atMs + HOUR_MS),
    ...state.cpu.map((sample) => sample.atMs + MINUTE_MS),
    ...(state.uploads ?? []).map(({ atMs }) => atMs + DAY_MS),
    ...(state.refusals ?? []).map(({ atMs }) => atMs + HOUR_MS),
  ];
  return instants.length === 0 ? null : Math.max(...instants);
};
