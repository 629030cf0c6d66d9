/** What a key may be used for; `work` is the typed jobs of every owner, and their settings, for workers. */
export const KEY_SCOPES = ["runs", "jobs", "workloads", "work"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** A key as it is stored: its text is shown once and kept nowhere. Instants are epoch milliseconds. */
export type ApiKey = {
  readonly id: string;
  /** Whose jobs are made with it; several keys may have one owner. */
  readonly owner: string;
  readonly name: string;
  /** SHA-256 of the key's text, lower-case hex. */
  readonly hash: string;
  readonly scopes: readonly KeyScope[];
  readonly quotaClass: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** `2026-11-27`, in UTC; null before its first use. */
  readonly lastUsedDay: string | null;
};

/** What the service's own keys begin with; keys from before may be any text. */
export const KEY_PREFIX = "spk_";

/** Whether the key may be used at all. */
export const isInForce = ({ revokedAtMs, expiresAtMs }: ApiKey, now: number): boolean =>
  (revokedAtMs === null || revokedAtMs > now) && (expiresAtMs === null || expiresAtMs > now);

/** The day of an instant in UTC, such as `2026-11-27`. */
export const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);
