import { crc32 } from "node:zlib";
import { bytes, join } from "./submit.ts";

type Fields = { crc: number; packedBytes: number; sizeBytes: number; flags: number; method: number };

export type RawEntry = {
  name: string | Uint8Array;
  content?: string | Uint8Array;
  /** What the local header says, where that is not the truth. */
  local?: Partial<Fields>;
  /** What the directory says, where that is not the truth. */
  central?: Partial<Fields & { name: string; unixMode: number; offset: number }>;
  /** Bytes between the data and the next header. */
  after?: Uint8Array;
};

export type RawEnd = { entries?: number; offset?: number; sizeBytes?: number; comment?: string };

const le16 = (value: number) => [value & 0xff, (value >>> 8) & 0xff];
const le32 = (value: number) => [...le16(value), ...le16(value >>> 16)];

const trueFields = (content: Uint8Array): Fields => ({
  crc: crc32(content),
  packedBytes: content.length,
  sizeBytes: content.length,
  flags: 0,
  method: 0,
});

const localHeader = (name: Uint8Array, { flags, method, crc, packedBytes, sizeBytes }: Fields): Uint8Array =>
  join(
    Uint8Array.from([
      ...le32(0x04034b50),
      ...le16(20),
      ...le16(flags),
      ...le16(method),
      ...le32(0),
      ...le32(crc),
    ]),
    Uint8Array.from([...le32(packedBytes), ...le32(sizeBytes), ...le16(name.length), ...le16(0)]),
    name,
  );

const centralHeader = (entry: RawEntry, fields: Fields, offset: number): Uint8Array => {
  const said = { ...fields, ...entry.central };
  const name = bytes(entry.central?.name ?? entry.name);
  const mode = entry.central?.unixMode ?? 0o100644;
  return join(
    Uint8Array.from([
      ...le32(0x02014b50),
      ...le16(0x0314),
      ...le16(20),
      ...le16(said.flags),
      ...le16(said.method),
    ]),
    Uint8Array.from([...le32(0), ...le32(said.crc), ...le32(said.packedBytes), ...le32(said.sizeBytes)]),
    Uint8Array.from([...le16(name.length), ...le16(0), ...le16(0), ...le16(0), ...le16(0)]),
    Uint8Array.from([...le32((mode << 16) >>> 0), ...le32(entry.central?.offset ?? offset)]),
    name,
  );
};

type Figures = Pick<Fields, "crc" | "packedBytes" | "sizeBytes">;

/** The record after the data of an entry with flag 8. */
export const descriptorOf = ({ crc, packedBytes, sizeBytes }: Figures, signature = true): Uint8Array =>
  Uint8Array.from([
    ...(signature ? le32(0x08074b50) : []),
    ...le32(crc),
    ...le32(packedBytes),
    ...le32(sizeBytes),
  ]);

/** The same for stored data. */
export const descriptor = (content: string | Uint8Array): Uint8Array =>
  descriptorOf(trueFields(bytes(content)));

/** A zip of stored entries written field by field, as hostile as it takes. */
export const rawZip = (entries: readonly RawEntry[], end: RawEnd = {}): Uint8Array => {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = bytes(entry.content ?? "");
    const local = { ...trueFields(content), ...entry.local };
    const whole = join(localHeader(bytes(entry.name), local), content, entry.after ?? new Uint8Array(0));
    locals.push(whole);
    centrals.push(
      centralHeader(entry, { ...trueFields(content), flags: local.flags, method: local.method }, offset),
    );
    offset += whole.length;
  }
  const directory = join(...centrals);
  const count = le16(end.entries ?? entries.length);
  const comment = bytes(end.comment ?? "");
  return join(
    ...locals,
    directory,
    Uint8Array.from([...le32(0x06054b50), 0, 0, 0, 0, ...count, ...count]),
    Uint8Array.from([...le32(end.sizeBytes ?? directory.length), ...le32(end.offset ?? offset)]),
    Uint8Array.from(le16(comment.length)),
    comment,
  );
};
