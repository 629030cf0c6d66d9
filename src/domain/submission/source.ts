import { parseJsonSubmission } from "../runs/json-submission.ts";
import { resolveRun } from "../runs/resolve-run.ts";
import type { ResolvedRun } from "../runs/types.ts";
import { readUpload } from "../uploads/read-upload.ts";
import type { UploadEntry } from "../uploads/types.ts";
import type { InputsSink } from "./inputs-sink.ts";
import type { SubmissionOutcome } from "./types.ts";

export type SourceOutcome =
  | {
      readonly kind: "ok";
      readonly run: ResolvedRun;
      readonly entries: readonly UploadEntry[];
      readonly tarBytes: number;
      readonly stdin: Uint8Array | null;
    }
  | Extract<SubmissionOutcome, { kind: "bad_upload" | "bad_fields" }>;

/** Reads a submission into a sink and settles what it runs. */
export type SubmissionSource = (sink: InputsSink) => Promise<SourceOutcome>;

const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
};

/** A `multipart/form-data` body with files and perhaps a manifest. */
export const multipartSource =
  (body: ReadableStream<Uint8Array>, contentType: string): SubmissionSource =>
  async (sink) => {
    const upload = await readUpload(body, contentType, sink.emit);
    if (upload.kind === "refused") return { kind: "bad_upload", refusal: upload };
    await sink.finish();
    const readText = async (entry: UploadEntry): Promise<string> =>
      textOf(await sink.read(entry.contentOffset, entry.sizeBytes));
    const run = await resolveRun(upload.manifest, upload.entries, readText);
    if (run.kind === "refused") return { kind: "bad_fields", errors: run.errors };
    return { kind: "ok", run, entries: upload.entries, tarBytes: upload.tarBytes, stdin: null };
  };

/** A JSON body `{code, ...}`, already parsed as JSON. */
export const jsonSource =
  (value: unknown): SubmissionSource =>
  async (sink) => {
    const submission = parseJsonSubmission(value);
    if (submission.kind === "refused") return { kind: "bad_fields", errors: submission.errors };
    const { run, tar, entry, stdin } = submission;
    await sink.emit({ number: 1, bytes: tar, isLast: true });
    await sink.finish();
    return { kind: "ok", run, entries: [entry], tarBytes: tar.length, stdin };
  };
