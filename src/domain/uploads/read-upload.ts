import { collect, type Pull } from "./byte-reader.ts";
import { CanonicalTar } from "./canonical-tar.ts";
import { readFilesPart } from "./files-part.ts";
import { readParts, type UploadPart } from "./multipart.ts";
import { multipartBoundary } from "./part-headers.ts";
import { UploadRefused } from "./refusal.ts";
import {
  type EmitTarPart,
  UPLOAD_LIMITS,
  type UploadAccepted,
  type UploadLimits,
  type UploadOutcome,
  type UploadRefusal,
} from "./types.ts";

const MIB = 1024 * 1024;
/** Parts beside the files that a body may have. */
const OTHER_PARTS = 100;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

const tooLarge = (limits: UploadLimits): UploadRefused =>
  new UploadRefused(
    "too_large",
    `The body is over ${Math.floor(limits.bodyBytes / MIB)} MiB; send less or compress it`,
    null,
  );

/** The refusal for a `Content-Length` that passes the cap, or null; one that is absent or no number is not judged. */
export const refuseDeclaredLength = (
  contentLength: string | null | undefined,
  limits: Partial<UploadLimits> = {},
): UploadRefusal | null => {
  const all = { ...UPLOAD_LIMITS, ...limits };
  return Number(contentLength ?? 0) > all.bodyBytes ? tooLarge(all).refusal : null;
};

const readManifest = async (part: UploadPart, limits: UploadLimits): Promise<string> => {
  const bytes = await collect(part.body, limits.manifestBytes);
  if (bytes === null)
    throw new UploadRefused("too_large", `The manifest is over ${limits.manifestBytes} bytes`, "manifest");
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UploadRefused("bad_manifest_part", "The manifest is not valid UTF-8", "manifest");
  }
};

const noFiles = (sawFile: boolean): UploadRefused =>
  new UploadRefused(
    "no_files",
    `No files uploaded${sawFile ? "; a part called `file` is not read, name it `files`" : "; send a part named `files`"}`,
  );

const readAll = async (pull: Pull, boundary: string, tar: CanonicalTar): Promise<UploadAccepted> => {
  let manifest: string | null = null;
  let parts = 0;
  let sawFile = false;
  for await (const part of readParts(pull, boundary)) {
    parts += 1;
    if (parts > tar.limits.entries + OTHER_PARTS)
      throw new UploadRefused("too_many_entries", `The body has more than ${tar.limits.entries} parts`);
    if (part.name === "manifest") {
      if (manifest !== null)
        throw new UploadRefused("bad_manifest_part", "There are two manifests", "manifest");
      manifest = await readManifest(part, tar.limits);
    } else if (part.name === "files") await readFilesPart(part, tar);
    else sawFile ||= part.name === "file";
  }
  if (tar.entries.length === 0) throw noFiles(sawFile);
  await tar.finish();
  return { kind: "ok", manifest, entries: tar.entries, tarBytes: tar.tarBytes };
};

const bodyPull = (body: ReadableStreamDefaultReader<Uint8Array>, limits: UploadLimits): Pull => {
  let left = limits.bodyBytes;
  return async () => {
    for (;;) {
      const { done, value } = await body.read();
      if (done) return null;
      left -= value.length;
      if (left < 0) throw tooLarge(limits);
      if (value.length > 0) return value;
    }
  };
};

/**
 * Reads a `multipart/form-data` submission as a stream and turns its `files` parts into one canonical tar.
 * Everything wrong with the body is a refusal, after which what `emit`
 * took is to be discarded; only a body stream that breaks or an `emit` that fails rejects. The rest of a
 * refused body is cancelled. Holds at most two tar parts and a few MiB of lookahead.
 */
export const readUpload = async (
  body: ReadableStream<Uint8Array>,
  contentType: string | null | undefined,
  emit: EmitTarPart,
  limits: Partial<UploadLimits> = {},
): Promise<UploadOutcome> => {
  const all = { ...UPLOAD_LIMITS, ...limits };
  const reader = body.getReader();
  try {
    const boundary = multipartBoundary(contentType ?? "");
    if (boundary === null)
      throw new UploadRefused(
        "unsupported_media_type",
        "Send multipart/form-data with a boundary, or application/json",
        null,
      );
    return await readAll(bodyPull(reader, all), boundary, new CanonicalTar(emit, all));
  } catch (error) {
    await reader.cancel(error);
    if (error instanceof UploadRefused) return error.refusal;
    throw error;
  } finally {
    reader.releaseLock();
  }
};
