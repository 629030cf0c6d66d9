import { clientKeyOf } from "../runs/client-key.ts";

/** Who calls, as far as credentials say it. */
export type Caller = {
  /** Whose jobs the caller makes and sees; null for strangers, and for whoever sees all of them. */
  readonly owner: string | null;
  /** The limits that apply; `anonymous` for strangers. */
  readonly quotaClass: string;
  /** Whether typed jobs of every owner are the caller's to work on. */
  readonly worksForAll: boolean;
  /** Id of the key that the caller sent; absent where it sent none. */
  readonly keyId?: string;
};

export const ANONYMOUS_CLASS = "anonymous";

/** Somebody without credentials, where none are needed. */
export const STRANGER: Caller = { owner: null, quotaClass: ANONYMOUS_CLASS, worksForAll: true };

/** `open` lets everybody use every face; `keys` wants a key for typed jobs and workloads. */
export const ACCESS_MODES = ["open", "keys"] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

export type AccessSettings = {
  readonly mode: AccessMode;
  /** Whether strangers may use the runs. */
  readonly anonymousRuns: boolean;
};

const OWNER_PREFIX = "owner/";

/**
 * Whom a quota counts: a key's owner as `owner/<class>/<name>`, whatever key and address, else the address, as
 * `clientKeyOf` names it. Null where the address is none.
 */
export const quotaSubjectOf = (
  { owner, quotaClass }: Caller,
  address: string | null | undefined,
): string | null => (owner === null ? clientKeyOf(address) : `${OWNER_PREFIX}${quotaClass}/${owner}`);

/** The class that a quota object's name was made with; null for the name of a stranger's. */
export const classOfSubject = (subject: string): string | null =>
  subject.startsWith(OWNER_PREFIX) ? (subject.slice(OWNER_PREFIX.length).split("/", 1)[0] ?? null) : null;
