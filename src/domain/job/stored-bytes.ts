import type { Bucket } from "../ports/bucket.ts";
import type { StoredBytes } from "./record.ts";

/** All of what was stored with a job; null where the bucket has lost it. */
export const wholeBytes = async (bucket: Bucket, stored: StoredBytes): Promise<Uint8Array | null> => {
  if (stored.kind === "inline") return stored.bytes;
  const found = await bucket.get(stored.key);
  return found === null ? null : new Uint8Array(await new Response(found.body).arrayBuffer());
};
