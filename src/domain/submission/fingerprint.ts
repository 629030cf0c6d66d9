import type { TarPart } from "../../uploads/index.ts";
import type { IncrementalSha256 } from "../runs/job-hash.ts";

/**
 * What makes two submissions the same: the canonical tar and the rest of the body, but not the multipart
 * boundary, which a client draws anew for each retry.
 */
export type Fingerprint = {
  /** Takes a part of the tar, in any order. */
  note(part: TarPart): Promise<void>;
  of(rest: string): Promise<string>;
};

export const createFingerprint = (sha256: () => IncrementalSha256): Fingerprint => {
  const parts = new Map<number, string>();
  const hexOf = async (bytes: Uint8Array): Promise<string> => {
    const hash = sha256();
    await hash.update(bytes);
    return hash.hex();
  };
  return {
    note: async (part) => {
      parts.set(part.number, await hexOf(part.bytes));
    },
    of: (rest) => {
      const ordered = [...parts].sort(([a], [b]) => a - b).map(([, digest]) => digest);
      return hexOf(new TextEncoder().encode(JSON.stringify([ordered, rest])));
    },
  };
};
