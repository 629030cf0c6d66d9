import type { Context } from "hono";

/** More than this is not read for courtesy; a larger body than the face takes is cut off. */
const REST_BYTES = 128 * 1_048_576;

type Body = ReadableStream<Uint8Array>;
type Taken = { readonly reader: ReadableStreamDefaultReader<Uint8Array>; readonly body: Body };

const bodies = new WeakMap<Request, Taken>();

/** The client went away while it sent, or framed its body wrongly: its own fault, and nobody may be left to hear of it. */
export class BrokenBody extends Error {}

const taken = (source: Body): Taken => {
  const reader = source.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read().catch((cause) => {
      throw new BrokenBody("the body broke off", { cause });
    });
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return { reader, body: new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }) };
};

/** The request's body for who handles it, of which any part may be left unread; null where there is none. */
export const bodyOf = (c: Context): Body | null => {
  const source = c.req.raw.body;
  if (source === null) return null;
  const known = bodies.get(c.req.raw) ?? taken(source);
  bodies.set(c.req.raw, known);
  return known.body;
};

const readOn = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
  for (let bytes = 0; bytes <= REST_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    bytes += value.length;
  }
  await reader.cancel();
};

/**
 * Reads what is left of a refused request's body and drops it. A server that answers and closes while a
 * client still sends resets the connection, and most clients then never see the answer (RFC 9112
 * section 9.6): an upload over the quota must learn of `retry_after`, not of a broken pipe.
 */
export const dropRest = async (c: Context): Promise<void> => {
  const source = c.req.raw.body;
  if (source === null) return;
  const known = bodies.get(c.req.raw);
  if (known === undefined && (source.locked || c.req.raw.bodyUsed)) return;
  // A client that went away is no one to be polite to.
  await readOn(known?.reader ?? source.getReader()).catch(() => undefined);
};

/** A body's bytes, or null when there are more than `maxBytes`; the rest is then not read. */
export const readBytes = async (body: Body | null, maxBytes: number): Promise<Uint8Array | null> => {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
};
