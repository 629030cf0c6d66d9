import type { OutputFile } from "../../wire/report.ts";
import type { InputFile } from "../job/record.ts";
import { bucketKeys } from "../keys.ts";
import type { Bucket } from "../ports/bucket.ts";
import type { IncrementalSha256 } from "../runs/job-hash.ts";
import { type BucketOutput, createBucketOutput } from "./bucket-output.ts";
import type { FunctionInput, FunctionOutput, Workload } from "./types.ts";

/** What went wrong with the files themselves, which no function can help. */
export type FileFaults = {
  fault: { readonly reason: "infrastructure" | "bad_input"; readonly message: string } | null;
};

const STORAGE_FAULT = "The storage failed while the job was processed";

const noting = async <T>(faults: FileFaults, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    faults.fault ??= { reason: "infrastructure", message: STORAGE_FAULT };
    throw error;
  }
};

/** A stream that notes its own failure, so that it is not taken for the function's. */
const noted = (body: ReadableStream<Uint8Array>, faults: FileFaults): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await noting(faults, () => reader.read());
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
};

const inputOf = (bucket: Bucket, file: InputFile, faults: FileFaults): FunctionInput => ({
  sizeBytes: file.sizeBytes,
  contentType: file.contentType,
  open: async () => {
    const stored = await noting(faults, () => bucket.getUnchanged(file.key, file.etag));
    if (stored !== null) return noted(stored.body, faults);
    const message = `The input ${file.name} was changed after processing began`;
    faults.fault ??= { reason: "bad_input", message };
    throw new Error(message);
  },
});

/** The uploaded files by the names of the workload's inputs; null for one that did not come. */
export const functionInputs = (
  workload: Workload,
  files: readonly InputFile[],
  bucket: Bucket,
  faults: FileFaults,
): Record<string, FunctionInput | null> =>
  Object.fromEntries(
    workload.inputs.map(({ name }) => {
      const file = files.find((candidate) => candidate.name === name);
      return [name, file === undefined ? null : inputOf(bucket, file, faults)];
    }),
  );

export type FunctionOutputs = {
  readonly byName: Readonly<Record<string, FunctionOutput>>;
  /** Stores what was written, in the order in which the outputs were begun. */
  finish(): Promise<OutputFile[]>;
  abort(): Promise<void>;
};

/** The outputs of one attempt; each gets its place in the bucket when the first piece is written. */
export const functionOutputs = (
  workload: Workload,
  attemptId: string,
  bucket: Bucket,
  sha256: () => IncrementalSha256,
  faults: FileFaults,
): FunctionOutputs => {
  const begun = new Map<string, BucketOutput>();
  const outputAt = (name: string): BucketOutput => {
    const known = begun.get(name);
    if (known !== undefined) return known;
    const output = createBucketOutput(bucket, bucketKeys.output(attemptId, begun.size), sha256);
    begun.set(name, output);
    return output;
  };
  const lazy = (name: string): FunctionOutput => {
    const write = (piece: Uint8Array | string): Promise<void> =>
      noting(faults, () => outputAt(name).write(piece));
    return { write, stream: () => new WritableStream<Uint8Array>({ write }) };
  };
  return {
    byName: Object.fromEntries(workload.outputs.map(({ name }) => [name, lazy(name)])),
    finish: () =>
      noting(faults, async () => {
        const files: OutputFile[] = [];
        for (const [path, output] of begun) files.push({ path, ...(await output.finish()) });
        return files;
      }),
    abort: async () => {
      for (const output of begun.values()) await output.abort();
    },
  };
};
