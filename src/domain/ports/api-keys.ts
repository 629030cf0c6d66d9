import type { ApiKey } from "../access/api-key.ts";

/** The keys of a deployment. What `byHash` and `isEmpty` say is at most 30 seconds old. */
export type ApiKeys = {
  /** The key in force or not; null where none has this hash. Notes the day of its use. */
  byHash(hash: string): Promise<ApiKey | null>;
  /** Whether this isolate has seen a key of this hash, in force or not; asks nobody. */
  hasSeen(hash: string): boolean;
  /** Whether no key was ever made. */
  isEmpty(): Promise<boolean>;
  byId(id: string): Promise<ApiKey | null>;
  /** By id, behind the key with the id `after`, at most `limit`. */
  list(after: string | null, limit: number): Promise<readonly ApiKey[]>;
  /** False where a key has this hash already, which then stays as it is. */
  add(key: ApiKey): Promise<boolean>;
  /** Ends a key at an instant, unless it ends sooner; false where there is none. */
  endAt(id: string, revokedAtMs: number): Promise<boolean>;
};
