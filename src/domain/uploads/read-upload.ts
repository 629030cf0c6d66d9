import type { EmitTarPart, UploadLimits, UploadOutcome, UploadRefusal } from "./types.ts";
import { UPLOAD_LIMITS } from "./types.ts";

/** The refusal for a body whose declared length passes the cap, or null; a length that is absent is not judged. */
export const refuseDeclaredLength = (
  _contentLength: string | null | undefined,
  _limits: Partial<UploadLimits> = {},
): UploadRefusal | null => null;

/**
 * Reads a `multipart/form-data` submission as a stream and turns its `files` parts into one canonical tar
 * (contract runs.md 0.8). Everything wrong with the body is a refusal; only a failing body stream or a
 * failing `emit` rejects.
 */
export const readUpload = async (
  _body: ReadableStream<Uint8Array>,
  _contentType: string | null | undefined,
  _emit: EmitTarPart,
  _limits: Partial<UploadLimits> = UPLOAD_LIMITS,
): Promise<UploadOutcome> => ({ kind: "refused", code: "no_files", message: "Not read yet" });
