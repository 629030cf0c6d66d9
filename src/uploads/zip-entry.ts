/// <reference path="./node-zlib.d.ts" />
import { crc32 } from "node:zlib";
import { ByteReader, type Pull } from "./byte-reader.ts";
import type { CanonicalTar } from "./canonical-tar.ts";
import { decodeName } from "./entry-path.ts";
import { pullUntil } from "./find-bytes.ts";
import { pullInflated } from "./inflate.ts";
import { shown, UploadRefused } from "./refusal.ts";
import {
  CENTRAL_HEADER,
  DATA_DESCRIPTOR,
  DEFLATED,
  damagedZip,
  FLAG_DESCRIPTOR,
  FLAG_ENCRYPTED,
  FLAG_UTF8,
  LOCAL_HEADER,
  resolveZip64,
  STORED,
  u16,
  u32,
  u64,
  unicodePath,
} from "./zip-fields.ts";
import { zipName } from "./zip-name.ts";

/** What an entry turned out to be; the central directory has to say the same. Sizes in bytes. */
export type ZipEntry = {
  /** Where its local header starts in the zip. */
  offset: number;
  /** The name as its bytes stand in the header. */
  rawName: Uint8Array;
  name: string;
  isFolder: boolean;
  /** Set by the directory. */
  isExecutable: boolean;
  isLink: boolean;
  /** Content that is not in the tar yet: short enough to be a link's target. */
  held: Uint8Array | null;
  /** Position in the tar of a file that is. */
  member: number | null;
  method: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
};

type LocalHeader = {
  offset: number;
  rawName: Uint8Array;
  name: string;
  flags: number;
  method: number;
  crc: number;
  packedBytes: number;
  sizeBytes: number;
  isZip64: boolean;
};

const HEADER_BYTES = 30;
const SIGNATURE = Uint8Array.of(0x50, 0x4b, 0x07, 0x08);

const nameOf = (rawName: Uint8Array, extra: Uint8Array, flags: number, what: string): string => {
  const unicode = unicodePath(extra);
  const isCurrent = unicode !== null && unicode.nameCrc === crc32(rawName);
  const name = zipName(isCurrent ? unicode.name : rawName, isCurrent || (flags & FLAG_UTF8) !== 0);
  return name ?? decodeName(rawName, what);
};

const refuseUnsupported = (header: LocalHeader): void => {
  const name = shown(header.name);
  if ((header.flags & FLAG_ENCRYPTED) !== 0)
    throw new UploadRefused(
      "unsupported_archive",
      `The entry ${name} is encrypted; send a zip without a password`,
    );
  if (header.method !== STORED && header.method !== DEFLATED)
    throw new UploadRefused(
      "unsupported_archive",
      `The entry ${name} is not packed with deflate; use ordinary zip`,
    );
};

const readLocalHeader = async (reader: ByteReader, what: string): Promise<LocalHeader> => {
  const offset = reader.position;
  const fixed = (await reader.exactly(HEADER_BYTES))?.slice();
  if (fixed === undefined) throw damagedZip(what, "it is cut off");
  const nameBytes = u16(fixed, 26);
  const rest = (await reader.exactly(nameBytes + u16(fixed, 28)))?.slice();
  if (rest === undefined) throw damagedZip(what, "it is cut off");
  const rawName = rest.subarray(0, nameBytes);
  const extra = rest.subarray(nameBytes);
  const sizes = resolveZip64([u32(fixed, 22), u32(fixed, 18)], extra);
  if (sizes === null) throw damagedZip(what, "an extra field is damaged");
  const [sizeBytes = 0, packedBytes = 0] = sizes.values;
  const header = {
    offset,
    rawName,
    name: nameOf(rawName, extra, u16(fixed, 6), what),
    flags: u16(fixed, 6),
    method: u16(fixed, 8),
    crc: u32(fixed, 14),
    packedBytes,
    sizeBytes,
    isZip64: sizes.isZip64,
  };
  refuseUnsupported(header);
  return header;
};

type Figures = Pick<ZipEntry, "crc" | "packedBytes" | "sizeBytes">;

const isSame = (one: Figures, other: Figures): boolean =>
  one.crc === other.crc && one.packedBytes === other.packedBytes && one.sizeBytes === other.sizeBytes;

const lied = (what: string, name: string): UploadRefused =>
  damagedZip(what, `the checksum or size of ${shown(name)} is wrong`);

/** Layouts of a descriptor: where it starts after an optional signature, and the width of its two sizes. */
const DESCRIPTOR_LAYOUTS = [
  { start: 4, width: 4 },
  { start: 4, width: 8 },
  { start: 0, width: 4 },
  { start: 0, width: 8 },
] as const;
const DESCRIPTOR_BYTES = 28;

/**
 * Length of the record after the data of an entry whose header had no sizes; null when there is none at
 * this index. Its layout is the one that agrees with the data and ends at a header.
 */
const descriptorLength = (held: Uint8Array, at: number, actual: Figures): number | null => {
  for (const { start, width } of DESCRIPTOR_LAYOUTS) {
    const length = start + 4 + 2 * width;
    if (held.length < at + length + 4) continue;
    if (start === 4 && u32(held, at) !== DATA_DESCRIPTOR) continue;
    const size = width === 4 ? u32 : u64;
    const sizes = { packedBytes: size(held, at + start + 4), sizeBytes: size(held, at + start + 4 + width) };
    const next = u32(held, at + length);
    const endsAtHeader = next === LOCAL_HEADER || next === CENTRAL_HEADER;
    if (endsAtHeader && isSame({ crc: u32(held, at + start), ...sizes }, actual)) return length;
  }
  return null;
};

const skipDescriptor = async (reader: ByteReader, actual: Figures): Promise<boolean> => {
  const length = descriptorLength(await reader.fill(DESCRIPTOR_BYTES), 0, actual);
  reader.consume(length ?? 0);
  return length !== null;
};

/**
 * Stored data of unknown size: it ends where a descriptor stands that is true of everything before it.
 * `actual` holds what was read so far.
 */
const pullStored = (reader: ByteReader, actual: Figures): Pull => {
  let summedTo = { sizeBytes: 0, crc: 0 };
  const isReal = (held: Uint8Array, at: number): boolean => {
    const sizeBytes = actual.sizeBytes + at;
    // Its packed size is looked at first, so that hostile data cannot have itself summed up again and again.
    if (held.length < at + 12 || u32(held, at + 8) !== sizeBytes) return false;
    const from = Math.max(summedTo.sizeBytes - actual.sizeBytes, 0);
    const before = from > 0 ? summedTo.crc : actual.crc;
    summedTo = { sizeBytes, crc: crc32(held.subarray(from, at), before) };
    return descriptorLength(held, at, { ...summedTo, packedBytes: sizeBytes }) !== null;
  };
  return pullUntil(reader, { needle: SIGNATURE, lookahead: DESCRIPTOR_BYTES - SIGNATURE.length, isReal });
};

const summed =
  (content: Pull, onChunk: (chunk: Uint8Array) => void): Pull =>
  async () => {
    const chunk = await content();
    if (chunk !== null) onChunk(chunk);
    return chunk;
  };

type Added = Pick<ZipEntry, "held" | "member">;

/** Whatever is no longer than a path may be a link, as only the directory says: it waits for that. */
const addContent = async (
  tar: CanonicalTar,
  header: LocalHeader,
  content: Pull,
  archive: Set<string>,
  what: string,
): Promise<Added> => {
  if (header.name.endsWith("/")) {
    await tar.addFolder(header.name);
    if ((await content()) !== null) throw damagedZip(what, `the folder ${shown(header.name)} has content`);
    return { held: null, member: null };
  }
  const reader = new ByteReader(content);
  const start = (await reader.fill(tar.limits.pathBytes + 1)).slice(0, tar.limits.pathBytes + 1);
  if (start.length <= tar.limits.pathBytes) return { held: start, member: null };
  const rest: Pull = () => reader.take(Number.POSITIVE_INFINITY);
  return { held: null, member: await tar.addFile(header.name, rest, { archive }) };
};

const pullUnpacked = (packed: ByteReader, header: LocalHeader, actual: Figures, what: string): Pull => {
  if (header.method === DEFLATED)
    return pullInflated(packed, "deflate-raw", `${shown(header.name)} in ${what}`);
  return (header.flags & FLAG_DESCRIPTOR) === 0
    ? () => packed.take(Number.POSITIVE_INFINITY)
    : pullStored(packed, actual);
};

/** Reads one entry, from its local header to the end of its data, into the tar; `archive` as `addFile` has it. */
export const readZipEntry = async (
  reader: ByteReader,
  tar: CanonicalTar,
  archive: Set<string>,
  what: string,
): Promise<ZipEntry> => {
  const header = await readLocalHeader(reader, what);
  const hasDescriptor = (header.flags & FLAG_DESCRIPTOR) !== 0;
  const start = reader.position;
  const packed = hasDescriptor ? reader : new ByteReader(reader.bounded(header.packedBytes));
  const actual = { crc: 0, packedBytes: 0, sizeBytes: 0 };
  const content = summed(pullUnpacked(packed, header, actual, what), (chunk) => {
    actual.crc = crc32(chunk, actual.crc);
    actual.sizeBytes += chunk.length;
  });
  const added = await addContent(tar, header, content, archive, what);
  if (!hasDescriptor && !(await packed.atEnd())) throw lied(what, header.name);
  actual.packedBytes = reader.position - start;
  const isTrue = hasDescriptor ? await skipDescriptor(reader, actual) : isSame(header, actual);
  if (!isTrue) throw lied(what, header.name);
  const { offset, rawName, name, method } = header;
  const isFolder = name.endsWith("/");
  return { offset, rawName, name, isFolder, isExecutable: false, isLink: false, ...added, method, ...actual };
};
