import { collect, type Pull } from "./byte-reader.ts";
import { CanonicalTar } from "./canonical-tar.ts";
import { createEarlyParts } from "./early-parts.ts";
import { readFilesPart } from "./files-part.ts";
import { readParts, type UploadPart } from "./multipart.ts";
import { multipartBoundary } from "./part-headers.ts";
import { shown, UploadRefused } from "./refusal.ts";
import {
  type EmitTarPart,
  NO_INSTRUCTIONS,
  UPLOAD_LIMITS,
  type UploadAccepted,
  type UploadInstructions,
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

/** Names that were sent, and what is to be done about them. */
type Sent = { misnamed: boolean; named: string | null };

const noFilesFix = ({ misnamed, named }: Sent): string => {
  if (named !== null)
    return `${shown(named)} holds none (folders, and what systems keep beside the files, do not count)`;
  return misnamed ? "a part called `file` is not read, name it `files`" : "send a part named `files`";
};

const noFiles = (sent: Sent): UploadRefused =>
  new UploadRefused("no_files", `No files uploaded; ${noFilesFix(sent)}`);

const tooLate = (): UploadRefused =>
  new UploadRefused(
    "bad_manifest_part",
    "The manifest says how files are read (unpack, normalize) and comes after more than 4 MiB of them; send it as the first part",
    "manifest",
  );

/** Reads a manifest's text for what it asks of the files; what is wrong with it is said elsewhere. */
export type InstructionsOf = (manifest: string) => UploadInstructions;

/** The parts of one body: the manifest goes before the files, whatever their order, as long as these are few. */
const readAll = async (
  pull: Pull,
  boundary: string,
  tar: CanonicalTar,
  instructionsOf: InstructionsOf,
): Promise<UploadAccepted> => {
  const early = createEarlyParts();
  let manifest: string | null = null;
  let isReading = false;
  let parts = 0;
  const sent: Sent = { misnamed: false, named: null };
  const readEarly = async (): Promise<void> => {
    isReading = true;
    for (const part of early.release()) await readFilesPart(part, tar);
  };
  const takeManifest = async (part: UploadPart): Promise<void> => {
    if (manifest !== null)
      throw new UploadRefused("bad_manifest_part", "There are two manifests", "manifest");
    manifest = await readManifest(part, tar.limits);
    const instructions = instructionsOf(manifest);
    const matters = instructions.unpack !== null || instructions.scripts !== null;
    if (isReading && matters) throw tooLate();
    tar.instructions = instructions;
    await readEarly();
  };
  const takeFile = async (part: UploadPart): Promise<void> => {
    sent.named = part.filename || sent.named;
    const now = isReading ? part : await early.hold(part);
    if (now === null) return;
    await readEarly();
    await readFilesPart(now, tar);
  };
  for await (const part of readParts(pull, boundary)) {
    parts += 1;
    if (parts > tar.limits.entries + OTHER_PARTS)
      throw new UploadRefused("too_many_entries", `The body has more than ${tar.limits.entries} parts`);
    if (part.name === "manifest") await takeManifest(part);
    else if (part.name === "files") await takeFile(part);
    else sent.misnamed ||= part.name === "file";
  }
  await readEarly();
  if (tar.entries.length === 0) throw noFiles(sent);
  await tar.finish();
  const { entries, executables, tarBytes } = tar;
  return { kind: "ok", manifest, entries, executables, tarBytes };
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
  instructionsOf: InstructionsOf = () => NO_INSTRUCTIONS,
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
    return await readAll(bodyPull(reader, all), boundary, new CanonicalTar(emit, all), instructionsOf);
  } catch (error) {
    await reader.cancel(error);
    if (error instanceof UploadRefused) return error.refusal;
    throw error;
  } finally {
    reader.releaseLock();
  }
};
