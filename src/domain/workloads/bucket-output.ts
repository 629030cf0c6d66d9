import type { Bucket, PartWriter } from "../ports/bucket.ts";
import type { IncrementalSha256 } from "../runs/job-hash.ts";
import type { FunctionOutput } from "./types.ts";

/** All parts of a multipart upload but the last have one size, of at least 5 MiB (R2). */
const PART_BYTES = 8 * 1_048_576;

export type BucketOutput = Pick<FunctionOutput, "write"> & {
  /** Stores what is left; no write may come after it. */
  finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }>;
  /** Drops what was stored of it so far. */
  abort(): Promise<void>;
};

const utf8 = new TextEncoder();

/** Cuts what is written into parts of one size; `emit` gets each full one. */
const createParts = (emit: (part: Uint8Array) => Promise<void>) => {
  let buffer = new Uint8Array(0);
  let used = 0;
  return {
    add: async (piece: Uint8Array): Promise<void> => {
      if (buffer.length === 0) buffer = new Uint8Array(PART_BYTES);
      for (let rest = piece; rest.length > 0; ) {
        const now = rest.subarray(0, PART_BYTES - used);
        buffer.set(now, used);
        used += now.length;
        rest = rest.subarray(now.length);
        if (used < PART_BYTES) continue;
        await emit(buffer);
        used = 0;
      }
    },
    rest: (): Uint8Array => buffer.subarray(0, used),
  };
};

/**
 * An output of unknown length on its way into the bucket: in one piece while it is small, else part by
 * part, so that memory stays at one part. Size and SHA-256 are computed on the way.
 */
export const createBucketOutput = (
  bucket: Bucket,
  key: string,
  sha256: () => IncrementalSha256,
): BucketOutput => {
  const hash = sha256();
  let writer: PartWriter | null = null;
  let partNumber = 0;
  let sizeBytes = 0;
  let isClosed = false;
  let writing: Promise<void> = Promise.resolve();

  const emit = async (part: Uint8Array): Promise<void> => {
    writer ??= await bucket.putParts(key);
    partNumber += 1;
    await writer.write(partNumber, part);
  };
  const parts = createParts(emit);
  const take = async (piece: Uint8Array): Promise<void> => {
    if (isClosed) throw new Error("the output is closed");
    sizeBytes += piece.length;
    await hash.update(piece);
    await parts.add(piece);
  };
  /** One piece after the other, whoever waits for them. */
  const write = (piece: Uint8Array | string): Promise<void> => {
    const bytes = typeof piece === "string" ? utf8.encode(piece) : piece;
    writing = writing.then(() => take(bytes));
    return writing;
  };
  return {
    write,
    finish: async () => {
      await writing;
      isClosed = true;
      if (writer === null) await bucket.put(key, parts.rest());
      else if (parts.rest().length > 0) await emit(parts.rest());
      await writer?.complete();
      return { sizeBytes, sha256: await hash.hex() };
    },
    abort: async () => {
      isClosed = true;
      await writing.catch(() => undefined);
      await writer?.abort();
    },
  };
};
