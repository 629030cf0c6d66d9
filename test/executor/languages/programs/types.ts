/** What a language is tried with. Sums read `2 40` and print `42 é`; the broken ones must not end well. */
export interface Programs {
  readonly hello: string;
  readonly sum: string;
  /** What the sum prints where it cannot be the usual. */
  readonly sumShown?: string;
  /** Must not compile; for a language without a compile step, must not be understood. */
  readonly malformed: string;
  /** Starts, and ends with another exit code than 0, or by a signal; null where no program can. */
  readonly failing: string | null;
}
