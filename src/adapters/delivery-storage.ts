import { type Delivery, deliverySchema } from "../domain/webhooks/delivery.ts";

const DELIVERY = "delivery";
const FAILURES = "failures";
const ROW_DUE = "row-due";
const BODY_PREFIX = "body/";
/** A stored value ends at 2 MB (platform), and a typed job may carry more than one MiB. */
const PIECE_BYTES = 1_048_576;

/** A webhook object's storage: the delivery, and its body in pieces as long as it may be sent again. */
export class DeliveryStorage {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  delivery(): Delivery | null {
    const stored = this.#storage.kv.get<object>(DELIVERY);
    return stored === undefined ? null : deliverySchema.read(stored);
  }

  write(delivery: Delivery): void {
    this.#storage.kv.put(DELIVERY, deliverySchema.stamp(delivery));
  }

  /** Whether the row does not yet show what became of the delivery. */
  get isRowDue(): boolean {
    return this.#storage.kv.get(ROW_DUE) === true;
  }

  noteRow(isDue: boolean): void {
    if (isDue) this.#storage.kv.put(ROW_DUE, true);
    else this.#storage.kv.delete(ROW_DUE);
  }

  body(): string {
    const text = new TextDecoder();
    const pieces = [...this.#storage.kv.list<Uint8Array>({ prefix: BODY_PREFIX })];
    return pieces.map(([, piece]) => text.decode(piece, { stream: true })).join("") + text.decode();
  }

  writeBody(body: string): void {
    const bytes = new TextEncoder().encode(body);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const key = BODY_PREFIX + String(at / PIECE_BYTES).padStart(4, "0");
      this.#storage.kv.put(key, bytes.slice(at, at + PIECE_BYTES));
    }
  }

  dropBody(): void {
    for (const [key] of [...this.#storage.kv.list({ prefix: BODY_PREFIX })]) this.#storage.kv.delete(key);
  }

  /** Counts an alarm that could not do its work; answers how many of them there were in a row. */
  noteFailure(): number {
    const failures = (this.#storage.kv.get<number>(FAILURES) ?? 0) + 1;
    this.#storage.kv.put(FAILURES, failures);
    return failures;
  }

  forgetFailures(): void {
    if (this.#storage.kv.get(FAILURES) !== undefined) this.#storage.kv.delete(FAILURES);
  }

  /** The alarm goes with it. */
  async clear(): Promise<void> {
    await this.#storage.deleteAll();
  }
}
