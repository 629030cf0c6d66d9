/** Gives the next bytes (at least one), or null at the end. */
export type Pull = () => Promise<Uint8Array | null>;

const EMPTY = new Uint8Array(0);
const TAKE_BYTES = 32 * 1024;

export const concatBytes = (chunks: readonly Uint8Array[]): Uint8Array => {
  const only = chunks.length === 1 ? chunks[0] : undefined;
  if (only !== undefined) return only;
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
};

/** A pulled byte stream with lookahead. What it gives out are views: use them before the next call. */
export class ByteReader {
  readonly #pull: Pull;
  #held: Uint8Array;
  #ended = false;
  #position = 0;

  /** `ahead` is read before the first pulled bytes. */
  constructor(pull: Pull, ahead: Uint8Array = EMPTY) {
    this.#pull = pull;
    this.#held = ahead;
  }

  /** Bytes consumed so far. */
  get position(): number {
    return this.#position;
  }

  /** All unread bytes, after pulling until there are at least `count`; fewer only at the end. */
  async fill(count: number): Promise<Uint8Array> {
    if (this.#held.length >= count || this.#ended) return this.#held;
    const chunks = this.#held.length > 0 ? [this.#held] : [];
    let total = this.#held.length;
    while (total < count) {
      const chunk = await this.#pull();
      if (chunk === null) {
        this.#ended = true;
        break;
      }
      chunks.push(chunk);
      total += chunk.length;
    }
    this.#held = concatBytes(chunks);
    return this.#held;
  }

  consume(count: number): void {
    this.#held = this.#held.subarray(count);
    this.#position += count;
  }

  /** Between 1 and `max` bytes, or null at the end. */
  async take(max: number): Promise<Uint8Array | null> {
    const held = await this.fill(1);
    if (held.length === 0) return null;
    const taken = held.subarray(0, max);
    this.consume(taken.length);
    return taken;
  }

  /** Exactly `count` bytes, or null when the stream ends before them. */
  async exactly(count: number): Promise<Uint8Array | null> {
    const held = await this.fill(count);
    if (held.length < count) return null;
    this.consume(count);
    return held.subarray(0, count);
  }

  async atEnd(): Promise<boolean> {
    return (await this.fill(1)).length === 0;
  }

  /** The next `count` bytes as a stream of its own; it ends early when this one does. */
  bounded(count: number): Pull {
    let left = count;
    return async () => {
      if (left === 0) return null;
      const chunk = await this.take(left);
      left -= chunk?.length ?? 0;
      return chunk;
    };
  }
}

/** Everything that is left, or null once it passes `maxBytes`. */
export const collect = async (pull: Pull, maxBytes: number): Promise<Uint8Array | null> => {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let chunk = await pull(); chunk !== null; chunk = await pull()) {
    total += chunk.length;
    if (total > maxBytes) return null;
    chunks.push(chunk.slice());
  }
  return concatBytes(chunks);
};

/** Whether nothing but zeros is left, which is read. */
export const isZeroToEnd = async (reader: ByteReader): Promise<boolean> => {
  for (let chunk = await reader.take(TAKE_BYTES); chunk !== null; chunk = await reader.take(TAKE_BYTES))
    if (chunk.some((byte) => byte !== 0)) return false;
  return true;
};

export const drain = async (pull: Pull): Promise<void> => {
  while ((await pull()) !== null);
};
