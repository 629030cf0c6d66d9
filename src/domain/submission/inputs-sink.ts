import type { TarPart } from "../../uploads/index.ts";
import type { Bucket, PartWriter } from "../ports/bucket.ts";

/** The canonical tar of a submission while it comes in, and where its bytes are. */
export type InputsSink = {
  /** Takes a part; the first of several opens a multipart upload, after `beforeStoring` has agreed. */
  emit(part: TarPart): Promise<void>;
  /** Ends the tar; call it once the submission was read. */
  finish(): Promise<void>;
  /** A piece of the tar's content, as a stream. */
  read(offset: number, sizeBytes: number): Promise<ReadableStream<Uint8Array>>;
  /** The whole tar where it came in one part, else null: then it is in the bucket. */
  whole(): Uint8Array | null;
  /** Drops an upload that was not finished; a finished one is an object like any other. */
  discard(): Promise<void>;
};

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });

/**
 * Holds a tar of one part in memory and streams a larger one into the bucket. `beforeStoring` is asked
 * before the first byte is stored; it throws to refuse.
 */
export const createInputsSink = (
  bucket: Bucket,
  key: string,
  beforeStoring: () => Promise<void>,
): InputsSink => {
  let held: Uint8Array | null = null;
  let writer: PartWriter | null = null;
  let isComplete = false;
  return {
    emit: async (part) => {
      if (writer === null && part.isLast && part.number === 1) {
        held = part.bytes;
        return;
      }
      if (writer === null) {
        await beforeStoring();
        writer = await bucket.putParts(key);
      }
      await writer.write(part.number, part.bytes);
    },
    finish: async () => {
      await writer?.complete();
      isComplete = true;
    },
    read: async (offset, sizeBytes) => {
      if (held !== null) return streamOf(held.subarray(offset, offset + sizeBytes));
      if (sizeBytes === 0) return streamOf(new Uint8Array(0));
      const stored = await bucket.get(key, { offset, length: sizeBytes });
      if (stored === null) throw new Error("the submission's tar is not in the bucket");
      return stored.body;
    },
    whole: () => held,
    discard: async () => {
      if (writer !== null && !isComplete) await writer.abort();
    },
  };
};
