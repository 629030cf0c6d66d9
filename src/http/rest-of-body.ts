/** More than this is not read for courtesy; a larger body than the face takes is cut off. */
const REST_BYTES = 128 * 1_048_576;

export type PartlyRead = {
  /** The body, for whoever handles the request; cancelling it leaves the rest where it is. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Reads what is left of the body and drops it. */
  dropRest(): Promise<void>;
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
 * A request body whose rest can be dropped behind a refusal. A server that answers and closes while a
 * client still sends resets the connection, and most clients then never see the answer (RFC 9112
 * section 9.6): an upload over the quota must learn of `retry_after`, not of a broken pipe.
 */
export const partlyRead = (source: ReadableStream<Uint8Array> | null): PartlyRead => {
  if (source === null) return { body: null, dropRest: () => Promise.resolve() };
  const reader = source.getReader();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return {
    body: new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }),
    // A client that went away is no one to be polite to.
    dropRest: () => readOn(reader).catch(() => undefined),
  };
};
