/** An executor that refused a job is not asked for it again for so long. */
export const EXCLUDED_MS = 60_000;
/** One that was merely full, against what the pool believed, is asked again sooner. */
export const BUSY_MS = 2_000;
/** A job that so many offers of were refused fails. */
export const MAX_REFUSALS = 5;
/** A job passed over for want of memory for so long reserves the next executor that fits it. */
export const PATIENCE_MS = 30_000;

type Grudge = {
  readonly excludedUntilMs: Map<string, number>;
  refusals: number;
  /** When it was first passed over because no executor had the memory. */
  passedOverAtMs: number | null;
};

/** What went wrong for waiting jobs: who refused them, and since when they lack memory. */
export type Grudges = {
  /** Notes a refusal, and answers how many there were; `counts` is false where nobody answered at all. */
  refused(objectId: string, instance: string, excludedForMs: number, counts: boolean, now: number): number;
  isExcluded(objectId: string, instance: string, now: number): boolean;
  /** When time alone changes what may be placed next: an exclusion ends, or patience does; null for never. */
  nextChangeMs(now: number): number | null;
  passedOver(objectId: string, now: number): void;
  /** Jobs that were passed over `PATIENCE_MS` ago or longer. */
  impatient(now: number): readonly string[];
  forget(objectId: string): void;
};

export const createGrudges = (): Grudges => {
  const grudges = new Map<string, Grudge>();
  const of = (objectId: string): Grudge => {
    const grudge = grudges.get(objectId) ?? {
      excludedUntilMs: new Map<string, number>(),
      refusals: 0,
      passedOverAtMs: null,
    };
    grudges.set(objectId, grudge);
    return grudge;
  };
  return {
    refused: (objectId, instance, excludedForMs, counts, now) => {
      const grudge = of(objectId);
      grudge.excludedUntilMs.set(instance, now + excludedForMs);
      if (counts) grudge.refusals += 1;
      return grudge.refusals;
    },
    isExcluded: (objectId, instance, now) =>
      (grudges.get(objectId)?.excludedUntilMs.get(instance) ?? 0) > now,
    nextChangeMs: (now) => {
      let next = Number.POSITIVE_INFINITY;
      const consider = (atMs: number): void => {
        if (atMs > now && atMs < next) next = atMs;
      };
      for (const { excludedUntilMs, passedOverAtMs } of grudges.values()) {
        for (const end of excludedUntilMs.values()) consider(end);
        if (passedOverAtMs !== null) consider(passedOverAtMs + PATIENCE_MS);
      }
      return Number.isFinite(next) ? next : null;
    },
    passedOver: (objectId, now) => {
      of(objectId).passedOverAtMs ??= now;
    },
    impatient: (now) =>
      [...grudges].flatMap(([objectId, { passedOverAtMs }]) =>
        passedOverAtMs !== null && now - passedOverAtMs >= PATIENCE_MS ? [objectId] : [],
      ),
    forget: (objectId) => {
      grudges.delete(objectId);
    },
  };
};
