import { ByteReader, drain, isZeroToEnd, type Pull } from "./byte-reader.ts";
import { type CanonicalTar, unpackedTooLarge } from "./canonical-tar.ts";
import { decodeName } from "./entry-path.ts";
import { pullInflated } from "./inflate.ts";
import type { ArchiveLink } from "./links.ts";
import { shown, UploadRefused } from "./refusal.ts";
import { BLOCK, hasChecksum, parsePax, parseTarHeader, type RawTarHeader, untilNul } from "./tar-header.ts";
import type { UploadLimits } from "./types.ts";

/** GNU's incremental backups: a folder whose content lists what was in it. */
const FOLDER_LIST = "D";
/** GNU's own type of a file with holes; pax tells of them in its records. */
const SPARSE = "S";
const sparse = (name: string): UploadRefused =>
  new UploadRefused(
    "unsupported_archive",
    `The entry ${shown(name)} is a sparse file; pack it without --sparse (bsdtar: with --no-read-sparse)`,
  );

const EXTENSION_BYTES = 1024 * 1024;
/** Extended headers cost work that no file pays for: together they are few, and so are gzip's members. */
const EXTENSIONS_BYTES = 4 * 1024 * 1024;
const GZIP_MEMBERS = 4_096;

/** An archive under way: how refusals name it, its files so far, and what its extended headers may still take. */
type Archive = { readonly what: string; readonly files: Set<string>; extensionsLeft: number };

/** What pax and GNU members said about the member after them. */
type Extensions = { name: Uint8Array | null; linkName: Uint8Array | null; sizeBytes: number | null };

const LINKS: Record<string, ArchiveLink["kind"]> = { 1: "hard", 2: "symbolic" };
const REFUSED_TYPES: Record<string, string> = {
  3: "is a device; leave it out",
  4: "is a device; leave it out",
  6: "is a FIFO; leave it out",
};

const dataAfterEnd = (what: string): UploadRefused =>
  new UploadRefused("bad_archive", `${what} has data after its end; pack it again`);

const cutOff = (what: string): UploadRefused =>
  new UploadRefused("bad_archive", `${what} is cut off; pack it again`);

const readExtension = async (
  reader: ByteReader,
  header: RawTarHeader,
  archive: Archive,
): Promise<Uint8Array> => {
  const { what } = archive;
  archive.extensionsLeft -= header.sizeBytes;
  if (archive.extensionsLeft < 0)
    throw new UploadRefused("bad_archive", `${what} has extended headers of more than 4 MiB`);
  if (header.sizeBytes > EXTENSION_BYTES)
    throw new UploadRefused("bad_archive", `${what} has an extended header of more than 1 MiB`);
  const data = await reader.exactly(Math.ceil(header.sizeBytes / BLOCK) * BLOCK);
  if (data === null) throw cutOff(what);
  return data.slice(0, header.sizeBytes);
};

const withPax = (data: Uint8Array, before: Extensions, what: string): Extensions => {
  const records = parsePax(data);
  if (records === null) throw new UploadRefused("bad_archive", `${what} has a damaged extended header`);
  if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) {
    const sparseName = records.get("GNU.sparse.name") ?? records.get("path");
    throw sparse(sparseName === undefined ? what : decodeName(sparseName, what));
  }
  const size = records.get("size");
  const sizeBytes = size === undefined ? before.sizeBytes : Number(decodeName(size, what));
  if (sizeBytes !== null && !(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0))
    throw new UploadRefused("bad_archive", `${what} has a damaged extended header`);
  const name = records.get("path") ?? before.name;
  return { name, linkName: records.get("linkpath") ?? before.linkName, sizeBytes };
};

const nameOf = (header: RawTarHeader, given: Uint8Array | null, what: string): string => {
  const name = decodeName(given ?? header.name, what);
  return given === null && header.prefix.length > 0 ? `${decodeName(header.prefix, what)}/${name}` : name;
};

/** A member's content, refused when the archive ends inside it. */
const exactContent = (reader: ByteReader, sizeBytes: number, what: string): Pull => {
  const content = reader.bounded(sizeBytes);
  let left = sizeBytes;
  return async () => {
    const chunk = await content();
    left -= chunk?.length ?? 0;
    if (chunk === null && left > 0) throw cutOff(what);
    return chunk;
  };
};

const skipPadding = async (reader: ByteReader, sizeBytes: number, what: string): Promise<void> => {
  const padding = (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
  // Without the padding of the last file the entries are whole nevertheless.
  if ((await reader.exactly(padding)) === null && !(await isZeroToEnd(reader))) throw cutOff(what);
};

const addMember = async (
  reader: ByteReader,
  tar: CanonicalTar,
  header: RawTarHeader,
  extensions: Extensions,
  archive: Archive,
): Promise<void> => {
  const { what } = archive;
  const name = nameOf(header, extensions.name, what);
  const sizeBytes = extensions.sizeBytes ?? header.sizeBytes;
  const refused = REFUSED_TYPES[header.type];
  if (refused !== undefined) throw new UploadRefused("bad_archive", `The entry ${shown(name)} ${refused}`);
  const link = LINKS[header.type];
  if (link !== undefined) {
    const target = decodeName(extensions.linkName ?? header.linkName, what);
    return tar.addLink({ kind: link, path: name, target }, archive.files);
  }
  // Archives from before POSIX mark a folder by its trailing slash alone.
  if (header.type === "5" || (header.type === "0" && name.endsWith("/") && sizeBytes === 0)) {
    if (sizeBytes > 0) throw new UploadRefused("bad_archive", `The folder ${shown(name)} has content`);
    return tar.addFolder(name);
  }
  if (header.type === FOLDER_LIST) {
    await drain(exactContent(reader, sizeBytes, what));
    await skipPadding(reader, sizeBytes, what);
    return tar.addFolder(name);
  }
  if (header.type === SPARSE) throw sparse(name);
  if (header.type !== "0" && header.type !== "7")
    throw new UploadRefused(
      "unsupported_archive",
      `The entry ${shown(name)} is of a type that is not supported (${shown(header.type)}); leave it out, or pack the files with another tar`,
    );
  const { executable } = header;
  await tar.addFile(name, exactContent(reader, sizeBytes, what), { executable, archive: archive.files });
  await skipPadding(reader, sizeBytes, what);
};

/** After the first zero block only zeros may follow. */
const checkEnd = async (reader: ByteReader, what: string): Promise<void> => {
  if (!(await isZeroToEnd(reader))) throw dataAfterEnd(what);
};

const NO_EXTENSIONS: Extensions = { name: null, linkName: null, sizeBytes: null };

/** Takes a member that describes the next one; null when it is a member of its own. */
const extended = async (
  reader: ByteReader,
  header: RawTarHeader,
  before: Extensions,
  archive: Archive,
): Promise<Extensions | null> => {
  const { what } = archive;
  // GNU's `--label` names the volume and holds nothing.
  if (!"xgLKV".includes(header.type)) return null;
  const data = await readExtension(reader, header, archive);
  if (header.type === "x") return withPax(data, before, what);
  if (header.type === "L") return { ...before, name: untilNul(data) };
  if (header.type === "K") return { ...before, linkName: untilNul(data) };
  return before;
};

/**
 * Reads a tar (ustar, pax, GNU, v7) into the canonical one. Written here because the kept readers decode
 * broken UTF-8 to replacement characters and take sparse members for plain files (modern-tar, tar-stream),
 * where an upload wants a refusal.
 */
export const readTar = async (reader: ByteReader, tar: CanonicalTar, what: string): Promise<void> => {
  let extensions = NO_EXTENSIONS;
  const archive: Archive = { what, files: new Set(), extensionsLeft: EXTENSIONS_BYTES };
  for (let members = 0; ; members += 1) {
    // Some writers leave the end blocks out; what is whole is taken.
    if (members > 0 && extensions === NO_EXTENSIONS && (await reader.atEnd())) return;
    const block = await reader.exactly(BLOCK);
    if (block === null && (members === 0 || !(await isZeroToEnd(reader)))) throw cutOff(what);
    if (block === null) return;
    const header = parseTarHeader(block, what);
    if (header === null) return checkEnd(reader, what);
    const next = await extended(reader, header, extensions, archive);
    if (next === null) await addMember(reader, tar, header, extensions, archive);
    extensions = next ?? NO_EXTENSIONS;
  }
};

const hasNextMember = async (reader: ByteReader, what: string): Promise<boolean> => {
  if (isGzip(await reader.fill(2))) return true;
  // Tapes and block-wise writers fill up with zeros, which gzip ignores too.
  if (!(await isZeroToEnd(reader))) throw dataAfterEnd(what);
  return false;
};

/** Unpacks gzip members up to the end, and no more than the limits can need, headers and padding included. */
const pullGunzipped = (reader: ByteReader, limits: UploadLimits, what: string): Pull => {
  let left = limits.unpackedBytes + limits.entries * 4 * BLOCK + EXTENSION_BYTES;
  let member = pullInflated(reader, "gzip", what);
  let members = 1;
  return async () => {
    for (;;) {
      const chunk = await member();
      left -= chunk?.length ?? 0;
      if (left < 0) throw unpackedTooLarge(limits);
      if (chunk !== null || !(await hasNextMember(reader, what))) return chunk;
      members += 1;
      if (members > GZIP_MEMBERS)
        throw new UploadRefused(
          "bad_archive",
          `${what} is made of more than ${GZIP_MEMBERS} gzip streams; pack it again`,
        );
      member = pullInflated(reader, "gzip", what);
    }
  };
};

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

/** Reads a `.tar.gz` up to the end of the reader; `what` names it in refusals. */
export const readTarGz = async (reader: ByteReader, tar: CanonicalTar, what: string): Promise<void> => {
  const unzipped = pullGunzipped(reader, tar.limits, what);
  await readTar(new ByteReader(unzipped), tar, what);
};

/** Whether a tar comes next: a header block of whichever format, or the zero block of an empty one. */
export const isTar = async (reader: ByteReader): Promise<boolean> => {
  const head = (await reader.fill(BLOCK)).subarray(0, BLOCK);
  return head.length === BLOCK && (hasChecksum(head) || head.every((byte) => byte === 0));
};
