import { INPUT_BYTES, INPUT_ENTRIES } from "../wire/limits.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Caps on one upload; sizes in bytes. */
export type UploadLimits = {
  /** The whole request body. */
  bodyBytes: number;
  /** Files and folders together, over all parts. */
  entries: number;
  /** Content of all files after unpacking. */
  unpackedBytes: number;
  manifestBytes: number;
  /** Folders above a file, counted from the job's folder. */
  folderLevels: number;
  /** UTF-8 bytes of a whole path and of one of its segments. */
  pathBytes: number;
  segmentBytes: number;
  /** Size of the parts in which the tar leaves; a multiple of 512, at least 5 MiB for R2. */
  tarPartBytes: number;
};

export const UPLOAD_LIMITS: Readonly<UploadLimits> = {
  bodyBytes: 100 * MIB,
  entries: INPUT_ENTRIES,
  unpackedBytes: INPUT_BYTES,
  manifestBytes: MIB,
  folderLevels: 8,
  pathBytes: 1_024,
  segmentBytes: 255,
  tarPartBytes: 8 * MIB,
};

/** Why an upload is refused. `too_large` is a 413, `unsupported_media_type` a 415, the rest are 400. */
export const uploadRefusalCodes = [
  "unsupported_media_type",
  "malformed_multipart",
  "too_large",
  "no_files",
  "bad_manifest_part",
  "bad_name",
  "duplicate_name",
  "too_many_entries",
  "unpacked_too_large",
  "bad_archive",
  "unsupported_archive",
] as const;
export type UploadRefusalCode = (typeof uploadRefusalCodes)[number];

/** `message` is safe to show to the client: it says what to change, and names entries escaped and shortened. */
export type UploadRefusal = {
  kind: "refused";
  code: UploadRefusalCode;
  message: string;
  /** The multipart part at fault. */
  field?: "files" | "manifest";
};

/** A regular file in the canonical tar; its content is `tar[contentOffset, contentOffset + sizeBytes)`. */
export type UploadEntry = { path: string; sizeBytes: number; contentOffset: number };

export type UploadAccepted = {
  kind: "ok";
  /** Text of the `manifest` part; null when there was none. */
  manifest: string | null;
  /** Regular files only, in the order of the tar; a link is one, with its target's content. */
  entries: UploadEntry[];
  /**
   * Which members of the tar are executable beside those whose header says so, as a bitmap in base64 (bit 0 of byte 0
   * is the first member); null for none. A zip says so behind its last file, when headers have long gone out.
   */
  executables: string | null;
  /** Length of the tar: the sum of its parts. */
  tarBytes: number;
};

/** What a manifest asks of the reading of the files beside it. */
export type UploadInstructions = {
  /** Whether archives are unpacked: all, none, or (null) the first alone. */
  unpack: boolean | null;
  /** Files that are cleaned as shell scripts, by their path; null for none. */
  scripts: ((path: string) => boolean) | null;
};

export const NO_INSTRUCTIONS: UploadInstructions = { unpack: null, scripts: null };

export type UploadOutcome = UploadAccepted | UploadRefusal;

/**
 * A piece of the canonical tar. All parts but the last have `tarPartBytes` bytes, so `number` (from 1) is
 * an R2 multipart part number. The bytes are filled again once `EmitTarPart` has resolved; only those of the
 * last part stay as they are.
 */
export type TarPart = { number: number; bytes: Uint8Array; isLast: boolean };

/**
 * Takes parts one at a time; the reader waits for the promise. Parts may come out of order, because a
 * file's size is only known at its end and the part with its header is held until then. The last part
 * comes once the whole body has been read and accepted, so a refused upload never emits it.
 */
export type EmitTarPart = (part: TarPart) => Promise<void> | void;
