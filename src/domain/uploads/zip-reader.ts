import type { ByteReader } from "./byte-reader.ts";
import type { CanonicalTar } from "./canonical-tar.ts";
import { checkDirectory, peekSignature } from "./zip-directory.ts";
import { readZipEntry, type ZipEntry } from "./zip-entry.ts";
import { END, LOCAL_HEADER } from "./zip-fields.ts";

/** Whether a zip starts here, an empty one included. */
export const isZip = async (reader: ByteReader): Promise<boolean> => {
  const signature = await peekSignature(reader);
  return signature === LOCAL_HEADER || signature === END;
};

/**
 * Reads a zip up to the end of the reader, entry by entry as they come, then holds its directory against
 * them; a refusal may therefore come after the last file. A zip's executable bits stand in the directory,
 * too late for the tar, and are not kept. Written here because the kept readers need the whole archive at
 * hand (@zip.js/zip.js) or check neither checksums nor the directory (fflate).
 */
export const readZip = async (reader: ByteReader, tar: CanonicalTar, what: string): Promise<void> => {
  const entries: ZipEntry[] = [];
  const archive = new Set<string>();
  while ((await peekSignature(reader)) === LOCAL_HEADER)
    entries.push(await readZipEntry(reader, tar, archive, what));
  await checkDirectory(reader, entries, what);
};
