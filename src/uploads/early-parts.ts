import { concatBytes, type Pull } from "./byte-reader.ts";
import type { UploadPart } from "./multipart.ts";

/** Files that come before their manifest wait for it up to this size together, since it may say how they are read. */
const HELD_BYTES = 4 * 1024 * 1024;

const replay = (bytes: Uint8Array, rest: Pull): Pull => {
  let first: Uint8Array | null = bytes.length > 0 ? bytes : null;
  return async () => {
    const next = first ?? (await rest());
    first = null;
    return next;
  };
};

/** Parts that wait in memory. */
export const createEarlyParts = () => {
  let held: UploadPart[] = [];
  let left = HELD_BYTES;
  return {
    /** Takes a part; null when it is kept, else the part to be read after those that were kept. */
    hold: async (part: UploadPart): Promise<UploadPart | null> => {
      const chunks: Uint8Array[] = [];
      for (let chunk = await part.body(); chunk !== null; chunk = await part.body()) {
        chunks.push(chunk.slice());
        left -= chunk.length;
        if (left < 0) return { ...part, body: replay(concatBytes(chunks), part.body) };
      }
      held.push({ ...part, body: replay(concatBytes(chunks), async () => null) });
      return null;
    },
    /** Those that were kept, which are then no longer. */
    release: (): UploadPart[] => {
      const released = held;
      held = [];
      return released;
    },
  };
};
