/** Reading of uploads: multipart, tar, zip and text forms, into one canonical tar. Everything else imports it from here. */
export { concatBytes } from "./byte-reader.ts";
export { relativePath } from "./entry-path.ts";
export { type NamedBytes, packFiles } from "./pack-files.ts";
export { readUpload, refuseDeclaredLength } from "./read-upload.ts";
export { shown } from "./refusal.ts";
export { cleanScript } from "./shell-text.ts";
export { TAR_END, tarHeader, tarPadding } from "./tar-writer.ts";
export {
  type EmitTarPart,
  NO_INSTRUCTIONS,
  type TarPart,
  UPLOAD_LIMITS,
  type UploadEntry,
  type UploadInstructions,
  type UploadOutcome,
  type UploadRefusal,
} from "./types.ts";
