import { type ByteReader, isZeroToEnd } from "./byte-reader.ts";
import { shown, UploadRefused } from "./refusal.ts";
import type { ZipEntry } from "./zip-entry.ts";
import {
  CENTRAL_HEADER,
  damagedZip,
  END,
  FLAG_ENCRYPTED,
  resolveZip64,
  u16,
  u32,
  u64,
  ZIP64_END,
  ZIP64_LOCATOR,
} from "./zip-fields.ts";

const CENTRAL_BYTES = 46;
const ZIP64_END_BYTES = 56;
const LOCATOR_BYTES = 20;
const END_BYTES = 22;
const UNKNOWN_16 = 0xffff;
const UNKNOWN_32 = 0xffffffff;

/** Systems whose entries carry a Unix mode in the upper half of the external attributes: Unix and macOS. */
const UNIX_HOSTS = [3, 19];
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;
const SYMLINK = 0o120000;
const DOS_FOLDER = 0x10;

const latin1 = new TextDecoder("latin1");

/** What an entry is, which its own header does not say. */
const noteMode = (fixed: Uint8Array, entry: ZipEntry): void => {
  const attributes = u32(fixed, 38);
  const mode = attributes >>> 16;
  const type = mode & TYPE_MASK;
  // Some writers leave the slash out that marks a folder.
  if (entry.sizeBytes === 0 && (type === FOLDER || (attributes & DOS_FOLDER) !== 0)) entry.isFolder = true;
  if (!UNIX_HOSTS.includes(u16(fixed, 4) >>> 8)) return;
  entry.isExecutable = (mode & 0o111) !== 0;
  entry.isLink = type === SYMLINK && !entry.isFolder;
  if (type === 0 || entry.isLink) return;
  const name = shown(latin1.decode(entry.rawName));
  if (type !== (entry.isFolder ? FOLDER : REGULAR))
    throw new UploadRefused("bad_archive", `The entry ${name} is neither a file nor a folder; leave it out`);
};

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** Reads one record of the central directory and ticks off the entry that it is about. */
const checkRecord = async (reader: ByteReader, left: Map<number, ZipEntry>, what: string): Promise<void> => {
  const fixed = (await reader.exactly(CENTRAL_BYTES))?.slice();
  if (fixed === undefined) throw damagedZip(what, "its directory is cut off");
  const nameBytes = u16(fixed, 28);
  const extraBytes = u16(fixed, 30);
  const rest = await reader.exactly(nameBytes + extraBytes + u16(fixed, 32));
  if (rest === null) throw damagedZip(what, "its directory is cut off");
  const extra = rest.subarray(nameBytes, nameBytes + extraBytes);
  const resolved = resolveZip64([u32(fixed, 24), u32(fixed, 20), u32(fixed, 42)], extra);
  const [sizeBytes, packedBytes, offset = -1] = resolved?.values ?? [];
  const entry = left.get(offset);
  const agrees =
    entry !== undefined &&
    sameBytes(entry.rawName, rest.subarray(0, nameBytes)) &&
    (u16(fixed, 8) & FLAG_ENCRYPTED) === 0 &&
    entry.method === u16(fixed, 10) &&
    entry.crc === u32(fixed, 16) &&
    entry.packedBytes === packedBytes &&
    entry.sizeBytes === sizeBytes;
  if (!agrees) throw damagedZip(what, "its directory does not agree with its entries");
  noteMode(fixed, entry);
  left.delete(offset);
};

type Extent = { offset: number; sizeBytes: number; count: number };

const badEnd = (what: string): UploadRefused => damagedZip(what, "its end record is damaged");

/** The zip64 end record and its locator, which must say what was found. */
const readZip64End = async (reader: ByteReader, found: Extent, what: string): Promise<void> => {
  const at = reader.position;
  const record = (await reader.exactly(ZIP64_END_BYTES))?.slice();
  if (record === undefined) throw badEnd(what);
  const said = [u64(record, 24), u64(record, 32), u64(record, 40), u64(record, 48)];
  const counted = [found.count, found.count, found.sizeBytes, found.offset];
  const isWhole = u64(record, 4) === ZIP64_END_BYTES - 12 && said.every((value, i) => value === counted[i]);
  const locator = await reader.exactly(LOCATOR_BYTES);
  const isLocated = locator !== null && u32(locator, 0) === ZIP64_LOCATOR && u64(locator, 8) === at;
  if (!isWhole || !isLocated) throw badEnd(what);
};

const readEnd = async (reader: ByteReader, found: Extent, isZip64: boolean, what: string): Promise<void> => {
  const record = (await reader.exactly(END_BYTES))?.slice();
  if (record === undefined || u32(record, 0) !== END) throw badEnd(what);
  const agrees = (said: number, value: number, unknown: number) =>
    said === value || (isZip64 && said === unknown);
  const isTrue =
    u16(record, 4) === 0 &&
    u16(record, 6) === 0 &&
    agrees(u16(record, 8), found.count, UNKNOWN_16) &&
    agrees(u16(record, 10), found.count, UNKNOWN_16) &&
    agrees(u32(record, 12), found.sizeBytes, UNKNOWN_32) &&
    agrees(u32(record, 16), found.offset, UNKNOWN_32);
  if (!isTrue || (await reader.exactly(u16(record, 20))) === null) throw badEnd(what);
  // Who writes in blocks fills the last one up with zeros.
  if (!(await isZeroToEnd(reader))) throw damagedZip(what, "there is data after its end");
};

export const peekSignature = async (reader: ByteReader): Promise<number | null> => {
  const held = await reader.fill(4);
  return held.length < 4 ? null : u32(held, 0);
};

/**
 * Reads the central directory up to the end of the zip and refuses it unless it describes exactly the
 * entries that were read. Links and executable files show only here, in the mode of a record, and are noted.
 */
export const checkDirectory = async (
  reader: ByteReader,
  entries: ZipEntry[],
  what: string,
): Promise<void> => {
  const offset = reader.position;
  const left = new Map(entries.map((entry) => [entry.offset, entry]));
  while ((await peekSignature(reader)) === CENTRAL_HEADER) await checkRecord(reader, left, what);
  if (left.size > 0) throw damagedZip(what, "its directory does not agree with its entries");
  const found = { offset, sizeBytes: reader.position - offset, count: entries.length };
  const isZip64 = (await peekSignature(reader)) === ZIP64_END;
  if (isZip64) await readZip64End(reader, found, what);
  await readEnd(reader, found, isZip64, what);
};
