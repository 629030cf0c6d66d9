const POLYNOMIAL = 0xedb88320;
const LANES = 8;

/** `TABLES[lane * 256 + byte]`: what a byte does to the sum when `lane` more bytes follow it in its group. */
const TABLES = (() => {
  const tables = new Uint32Array(LANES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at += 1) {
    const shorter = tables[at - 256] ?? 0;
    tables[at] = (shorter >>> 8) ^ (tables[shorter & 0xff] ?? 0);
  }
  return tables;
})();

const entry = (lane: number, byte: number): number => TABLES[(lane << 8) | byte] as number;

/**
 * CRC-32 of zip and gzip, continued from `before` (0 at the start); an unsigned 32-bit number. Takes eight
 * bytes at once, which no web-standard function does and which 100 MiB in a Worker need.
 */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let sum = ~before;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const end = bytes.length - LANES; at <= end; at += LANES) {
    const low = view.getUint32(at, true) ^ sum;
    const high = view.getUint32(at + 4, true);
    sum =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (; at < bytes.length; at += 1) sum = (sum >>> 8) ^ entry(0, (sum ^ (bytes[at] as number)) & 0xff);
  return ~sum >>> 0;
};
