const BLOCK_BYTES = 512;
/** More than an honest job's files: what comes behind them is not read. */
const MAX_ENTRIES = 20_000;
const LONG_NAME_BYTES = 64 * 1024;

/** What `tar --format=gnu` writes: files, links, devices, folders, fifos, and long names before an entry. */
const FILE_TYPES = new Set(["0", "\0"]);
const EMPTY_TYPES = new Set(["1", "2", "3", "4", "5", "6"]);
const LONG_NAME_TYPES = new Set(["K", "L"]);

const octal = (field: string): number => {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field)?.[1];
  return digits === undefined ? Number.NaN : Number.parseInt(`0${digits}`, 8);
};

const sizeOf = (header: Buffer): number | null => {
  const isBinary = ((header[124] ?? 0) & 0x80) !== 0;
  const size = isBinary ? Number(header.readBigUInt64BE(128)) : octal(header.toString("latin1", 124, 136));
  return Number.isSafeInteger(size) ? size : null;
};

/** Bytes of content behind a header; null for what the sandbox's own tar never writes. */
const contentBytes = (header: Buffer): number | null => {
  const type = String.fromCharCode(header[156] ?? 0);
  const size = sizeOf(header);
  if (size === null) return null;
  if (FILE_TYPES.has(type)) return size;
  if (EMPTY_TYPES.has(type) && size === 0) return 0;
  return LONG_NAME_TYPES.has(type) && size <= LONG_NAME_BYTES ? size : null;
};

/** Follows an archive's headers; `take` answers whether the bytes up to the next header may be read. */
const createHeaderWatch = () => {
  const header = Buffer.alloc(BLOCK_BYTES);
  let filled = 0;
  let contentLeft = 0;
  let entries = 0;
  const isGood = (): boolean => {
    filled = 0;
    if (header.every((byte) => byte === 0)) return true;
    entries += 1;
    const content = contentBytes(header);
    if (entries > MAX_ENTRIES || content === null) return false;
    contentLeft = Math.ceil(content / BLOCK_BYTES) * BLOCK_BYTES;
    return true;
  };
  /** Bytes of the chunk in front of the first header that is refused; all of them where none is. */
  return (chunk: Uint8Array): number => {
    for (let at = 0; at < chunk.length; ) {
      if (contentLeft > 0) {
        const skipped = Math.min(contentLeft, chunk.length - at);
        contentLeft -= skipped;
        at += skipped;
        continue;
      }
      const headerAt = at - filled;
      const part = chunk.subarray(at, at + BLOCK_BYTES - filled);
      header.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === BLOCK_BYTES && !isGood()) return Math.max(0, headerAt);
    }
    return chunk.length;
  };
};

/**
 * Passes on a packed archive as long as it could be the sandbox's own: a program that forges one must not
 * make its reader work for nothing. pax headers are refused before anything parses them, and entries are
 * counted. It ends at the first header that is refused, and tells so by `onRefused`.
 */
export const guardArchive = async function* (
  source: AsyncIterable<Uint8Array>,
  onRefused: () => void,
): AsyncGenerator<Uint8Array> {
  const goodBytes = createHeaderWatch();
  for await (const chunk of source) {
    const good = goodBytes(chunk);
    yield chunk.subarray(0, good);
    if (good === chunk.length) continue;
    onRefused();
    return;
  }
};
