import { ByteReader } from "./byte-reader.ts";
import type { CanonicalTar } from "./canonical-tar.ts";
import type { UploadPart } from "./multipart.ts";
import { shown, UploadRefused } from "./refusal.ts";
import { isGzip, isTar, readTar, readTarGz } from "./tar-reader.ts";
import { readMultiFile, readQuickCode, textFormOf } from "./text-forms.ts";
import { isZip, readZip } from "./zip-reader.ts";

const HEAD_BYTES = 128;
const TAR_GZ = /\.(?:tar\.gz|tgz|taz)/i;
const TAR_END = /\.(?:tar|tar\.gz|tgz|taz)$/i;
const OTHER_ARCHIVE =
  /\.(?:tar\.(?:xz|bz2?|zstd?|lz|lz4|lzma|lzo|br|z|7z)|txz|tlz|tz|tbz2?|tb2|tz2|tzo|tzst|cpio|7z|rar)$/i;
const ZIP = /\.zip/i;
const ZIP_END = /\.zip$/i;

const notWhat = async (reader: ByteReader, filename: string, kind: string): Promise<UploadRefused> => {
  const problem = (await reader.atEnd()) ? "is empty" : `is not ${kind}`;
  return new UploadRefused(
    "bad_archive",
    `The part ${shown(filename)} ${problem}; pack it again, rename it, or send it as a file with "unpack": false in the manifest`,
  );
};

type ArchiveReader = (reader: ByteReader, tar: CanonicalTar, what: string) => Promise<void>;

/** How a part is unpacked; null for none. A name that only contains an ending, as in `my.zip.txt`, makes an archive when the content is one. */
const archiveReader = async (reader: ByteReader, filename: string): Promise<ArchiveReader | null> => {
  const isCalledTar = TAR_END.test(filename);
  if ((isCalledTar || TAR_GZ.test(filename)) && isGzip(await reader.fill(HEAD_BYTES))) return readTarGz;
  // Whatever the name says of compression, unpackers go by the content.
  if (isCalledTar && (await isTar(reader))) return readTar;
  if (isCalledTar) throw await notWhat(reader, filename, "a tar, plain or compressed with gzip");
  if (OTHER_ARCHIVE.test(filename)) {
    throw new UploadRefused(
      "unsupported_archive",
      `The archive ${shown(filename)} is of a kind that is not unpacked here; send it as .tar.gz, .tar or .zip, or as a file with "unpack": false in the manifest`,
    );
  }
  if (ZIP.test(filename) && (await isZip(reader))) return readZip;
  if (ZIP_END.test(filename)) throw await notWhat(reader, filename, "a zip");
  return null;
};

/** Archives that are data stay files: all where the manifest says so, else those after the first. */
const staysPacked = ({ instructions, unpacked }: CanonicalTar): boolean =>
  instructions.unpack === null ? unpacked > 0 : !instructions.unpack;

const readForm = async (reader: ByteReader, filename: string, tar: CanonicalTar): Promise<void> => {
  const form = textFormOf(await reader.fill(HEAD_BYTES));
  if (form === "quick-code") return readQuickCode(reader, tar);
  if (form === "multi-file") return readMultiFile(reader, tar);
  const readArchive = staysPacked(tar) ? null : await archiveReader(reader, filename);
  if (readArchive === null) {
    await tar.addFile(filename, () => reader.take(Number.POSITIVE_INFINITY));
    return;
  }
  tar.unpacked += 1;
  await readArchive(reader, tar, shown(filename));
};

/**
 * Adds the files of one `files` part to the tar, in the first form that fits: quick code, the multi-file text
 * form, `.tar.gz` or `.tgz`, `.tar`, `.zip`, else a file under its own name. A part without name and content is an
 * empty form field.
 */
export const readFilesPart = async (part: UploadPart, tar: CanonicalTar): Promise<void> => {
  const reader = new ByteReader(part.body);
  const filename = part.filename ?? "";
  if (filename === "") {
    if (part.filename !== null && (await reader.atEnd())) return;
    throw new UploadRefused("bad_name", "A `files` part has no filename; give it one");
  }
  await readForm(reader, filename, tar);
};
