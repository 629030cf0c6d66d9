import {
  type EmitTarPart,
  type NamedBytes,
  packFiles,
  readUpload,
  type UploadEntry,
  type UploadOutcome,
} from "../../uploads/index.ts";
import { instructionsOf } from "../runs/instructions.ts";
import { parseJsonSubmission } from "../runs/json-submission.ts";
import { resolveRun } from "../runs/resolve-run.ts";
import type { RunOutcome } from "../runs/types.ts";
import type { SubmissionOutcome } from "./types.ts";

export type ReadOutcome =
  | {
      readonly kind: "ok";
      readonly entries: readonly UploadEntry[];
      readonly tarBytes: number;
      /** See `UploadAccepted.executables`. */
      readonly executables: string | null;
      readonly stdin: Uint8Array | null;
      /** What of the body is not in the tar: manifest or JSON text. */
      readonly rest: string;
      /** Settles what runs; `readText` gives a file's content out of the tar. */
      resolve(readText: (entry: UploadEntry) => Promise<string>): Promise<RunOutcome>;
    }
  | Extract<SubmissionOutcome, { kind: "bad_upload" | "bad_fields" }>;

/** Reads a submission's body and emits its files as one canonical tar. */
export type SubmissionSource = (emit: EmitTarPart) => Promise<ReadOutcome>;

const readOutcome = (upload: UploadOutcome): ReadOutcome => {
  if (upload.kind === "refused") return { kind: "bad_upload", refusal: upload };
  const { entries, executables, tarBytes, manifest } = upload;
  return {
    kind: "ok",
    entries,
    executables,
    tarBytes,
    stdin: null,
    rest: manifest ?? "",
    resolve: (readText) => resolveRun(manifest, entries, readText),
  };
};

/** A `multipart/form-data` body with files and perhaps a manifest. */
export const multipartSource =
  (body: ReadableStream<Uint8Array>, contentType: string): SubmissionSource =>
  async (emit) =>
    readOutcome(await readUpload(body, contentType, emit, {}, instructionsOf));

/** Files that are in memory, and the text of their manifest. */
export const filesSource =
  (files: readonly NamedBytes[], manifest: string): SubmissionSource =>
  async (emit) =>
    readOutcome(await packFiles(files, manifest, emit));

/** A JSON body `{code, ...}`: `value` is what `text` parsed to. */
export const jsonSource =
  (value: unknown, text: string): SubmissionSource =>
  async (emit) => {
    const submission = parseJsonSubmission(value);
    if (submission.kind === "refused") return { kind: "bad_fields", errors: submission.errors };
    const { run, tar, entry, stdin } = submission;
    await emit({ number: 1, bytes: tar, isLast: true });
    return {
      kind: "ok",
      entries: [entry],
      tarBytes: tar.length,
      executables: null,
      stdin,
      rest: text,
      resolve: () => Promise.resolve(run),
    };
  };
