import type { ByteReader } from "./byte-reader.ts";
import type { CanonicalTar } from "./canonical-tar.ts";
import { decodeName } from "./entry-path.ts";
import { shown, UploadRefused } from "./refusal.ts";
import { checkDirectory, peekSignature } from "./zip-directory.ts";
import { readZipEntry, type ZipEntry } from "./zip-entry.ts";
import { END, LOCAL_HEADER } from "./zip-fields.ts";

/** Whether a zip starts here, an empty one included. */
export const isZip = async (reader: ByteReader): Promise<boolean> => {
  const signature = await peekSignature(reader);
  return signature === LOCAL_HEADER || signature === END;
};

/** Does what only the directory says: links, executable files, and the short files that waited for it. */
const settle = async (entry: ZipEntry, tar: CanonicalTar, archive: Set<string>): Promise<void> => {
  const { name, held, member, isFolder, isLink, isExecutable } = entry;
  if (isLink && held === null)
    throw new UploadRefused(
      "bad_archive",
      `The entry ${shown(name)} is a link whose target is too long; pack the file itself in place of the link`,
    );
  if (isLink && held !== null)
    return tar.addLink({ kind: "symbolic", path: name, target: decodeName(held, shown(name)) }, archive);
  if (member !== null && isExecutable) tar.setExecutable(member);
  if (held === null) return;
  if (isFolder) return tar.addFolder(name);
  const chunks = held.length === 0 ? [] : [held];
  await tar.addFile(name, async () => chunks.shift() ?? null, { executable: isExecutable, archive });
};

/**
 * Reads a zip up to the end of the reader, entry by entry as they come, then holds its directory against
 * them; a refusal may therefore come after the last file. Written here because the kept readers need the whole archive at
 * hand (@zip.js/zip.js) or check neither checksums nor the directory (fflate).
 */
export const readZip = async (reader: ByteReader, tar: CanonicalTar, what: string): Promise<void> => {
  const entries: ZipEntry[] = [];
  const archive = new Set<string>();
  while ((await peekSignature(reader)) === LOCAL_HEADER)
    entries.push(await readZipEntry(reader, tar, archive, what));
  await checkDirectory(reader, entries, what);
  const last = new Map(entries.map((entry) => [entry.name, entry]));
  for (const entry of entries) if (last.get(entry.name) === entry) await settle(entry, tar, archive);
};
