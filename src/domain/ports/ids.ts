export type AttemptSecrets = { readonly id: string; readonly token: string; readonly tokenHash: string };

/** The only source of randomness and of one-way hashes. */
export type Ids = {
  /** `job-` and 128 random bits as 32 lower-case hex digits. */
  runId(): string;
  requestId(): string;
  attempt(objectId: string): Promise<AttemptSecrets>;
  /** SHA-256 as lower-case hex. */
  hashOf(secret: string): Promise<string>;
  hashOfBytes(bytes: Uint8Array): Promise<string>;
  /** Compares two hashes in constant time. */
  isSame(one: string, other: string): boolean;
  /** A random UUID, the id of a workload job. */
  jobId(): string;
  /** 128 random bits as hex: what nobody guesses of an upload's key. */
  keyPart(): string;
};
