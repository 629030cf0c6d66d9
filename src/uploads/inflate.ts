import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from "pako";
import type { ByteReader, Pull } from "./byte-reader.ts";
import { UploadRefused } from "./refusal.ts";

const OUTPUT_BYTES = 64 * 1024;
/** zlib's window bits: 16 more means a gzip wrapper, negative means none. */
const WINDOW_BITS = { gzip: 31, "deflate-raw": -15 };

/**
 * Unpacks one deflate stream from the reader in steps of at most 64 KiB and stops at its end, with what
 * follows unread; a gzip wrapper's checksum and length are checked. `DecompressionStream` is not used
 * because in workerd it unpacks ahead without backpressure, so that a small bomb fills the memory, and it
 * does not tell where a stream ended. `what` names the data for the refusal.
 */
export const pullInflated = (reader: ByteReader, wrapper: keyof typeof WINDOW_BITS, what: string): Pull => {
  const stream = new ZStream();
  zlibInflateInit2(stream, WINDOW_BITS[wrapper]);
  const output = new Uint8Array(OUTPUT_BYTES);
  let ended = false;
  return async () => {
    while (!ended) {
      const input = await reader.fill(1);
      Object.assign(stream, { input, next_in: 0, avail_in: input.length });
      Object.assign(stream, { output, next_out: 0, avail_out: output.length });
      const status = zlibInflate(stream, Z_NO_FLUSH);
      reader.consume(input.length - stream.avail_in);
      ended = status === Z_STREAM_END;
      if (!ended && status !== Z_OK && status !== Z_BUF_ERROR)
        throw new UploadRefused("bad_archive", `The compressed data of ${what} is damaged; pack it again`);
      if (stream.next_out > 0) return output.slice(0, stream.next_out);
      if (!ended && input.length === 0)
        throw new UploadRefused("bad_archive", `The compressed data of ${what} is cut off; pack it again`);
    }
    return null;
  };
};
