import { concatBytes } from "./byte-reader.ts";

const BLOCK = 512;
const NAME_BYTES = 100;
/** 11 octal digits, what a ustar size field holds. */
const MAX_SIZE = 0o77777777777;
const encoder = new TextEncoder();
const ZEROS = new Uint8Array(2 * BLOCK);

/** A member of a tar. `path` has no trailing slash; folders have size 0. */
export type TarMember = {
  path: string;
  /** A link is another name of a file that stands before it; its size is 0. */
  kind: "file" | "folder" | "link";
  /** The path of a link's file. */
  linksTo?: string;
  sizeBytes: number;
  /** 0755 instead of 0644 for a file; folders are 0755 anyway. */
  executable?: boolean;
  /** Whole seconds since the epoch; 0 without it, so that equal trees make equal tars. */
  modifiedAtSeconds?: number;
};

/** Two zero blocks: what comes after the last member. */
export const TAR_END: Uint8Array = ZEROS;

/** Zeros that fill a content of this size up to whole blocks. */
export const tarPadding = (sizeBytes: number): Uint8Array =>
  ZEROS.subarray(0, (BLOCK - (sizeBytes % BLOCK)) % BLOCK);

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

type Attributes = {
  typeflag: string;
  linkName?: Uint8Array;
  sizeBytes: number;
  mode: number;
  modifiedAtSeconds: number;
};

const block = (
  name: Uint8Array,
  { typeflag, linkName = ZEROS.subarray(0, 0), sizeBytes, mode, modifiedAtSeconds }: Attributes,
): Uint8Array => {
  const header = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => encoder.encodeInto(text, header.subarray(at));
  header.set(name.subarray(0, NAME_BYTES));
  put(
    `${octal(mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(sizeBytes, 11)}\0${octal(modifiedAtSeconds, 11)}\0`,
    100,
  );
  put(`        ${typeflag}`, 148);
  header.set(linkName.subarray(0, NAME_BYTES), 157);
  put("ustar\x0000", 257);
  let sum = 0;
  for (const byte of header) sum += byte;
  put(`${octal(sum, 6)}\0 `, 148);
  return header;
};

/** A pax record's length counts its own digits. */
const paxRecord = (key: string, value: string): Uint8Array => {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  const record = new Uint8Array(length);
  encoder.encodeInto(String(length), record);
  record.set(rest, length - rest.length);
  return record;
};

const TYPE_FLAGS = { file: "0", link: "1", folder: "5" } as const;

const isPlain = (name: string): boolean =>
  name.length <= NAME_BYTES && encoder.encode(name).length === name.length;
const asPlain = (name: string): Uint8Array => encoder.encode(name.replace(/[^\x20-\x7e]/g, "_"));

/**
 * Written here, apart from the executor's use of tar-stream, because a header is made again once its content has gone
 * by, which no writer of whole entries can do. The blocks before a member's content: one ustar header, after a pax header where a name needs one (over
 * 100 bytes or not ASCII). The owner is 0. `prefix` (such as `./`)
 * goes before every name. A size over 8 GiB is a `RangeError`.
 */
export const tarHeader = (member: TarMember, prefix = ""): Uint8Array => {
  if (member.sizeBytes > MAX_SIZE) throw new RangeError("A tar member holds at most 8 GiB");
  const isFolder = member.kind === "folder";
  const name = `${prefix}${member.path}${isFolder ? "/" : ""}`;
  const mode = isFolder || member.executable === true ? 0o755 : 0o644;
  const linksTo = member.kind === "link" ? `${prefix}${member.linksTo ?? ""}` : "";
  const attributes = {
    typeflag: TYPE_FLAGS[member.kind],
    linkName: asPlain(linksTo),
    sizeBytes: member.sizeBytes,
    mode,
    modifiedAtSeconds: member.modifiedAtSeconds ?? 0,
  };
  if (isPlain(name) && isPlain(linksTo)) return block(encoder.encode(name), attributes);
  const records = [paxRecord("path", name), ...(linksTo === "" ? [] : [paxRecord("linkpath", linksTo)])];
  const pax = concatBytes(records);
  const paxBlocks = Math.ceil(pax.length / BLOCK) * BLOCK;
  const blocks = new Uint8Array(BLOCK + paxBlocks + BLOCK);
  const described = { typeflag: "x", sizeBytes: pax.length, mode: 0o644 };
  blocks.set(
    block(encoder.encode("pax_header"), { ...attributes, ...described, linkName: new Uint8Array(0) }),
  );
  blocks.set(pax, BLOCK);
  blocks.set(block(asPlain(name), attributes), BLOCK + paxBlocks);
  return blocks;
};
