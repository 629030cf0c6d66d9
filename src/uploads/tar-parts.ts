import type { EmitTarPart } from "./types.ts";

const FIRST_BUFFER = 32 * 1024;

/**
 * Cuts a growing tar into parts of one size and lets one block of it be corrected later: the part with the
 * open block is held back until then, so that memory stays at two parts whatever the size.
 */
export class TarParts {
  readonly #emit: EmitTarPart;
  readonly #partBytes: number;
  #buffer: Uint8Array;
  #used = 0;
  /** A buffer that was emitted and may be filled again, so that no more than two ever exist. */
  #spare: Uint8Array | null = null;
  /** Parts before the current one. */
  #done = 0;
  #openAt: number | null = null;
  #held: { number: number; bytes: Uint8Array } | null = null;

  constructor(emit: EmitTarPart, partBytes: number) {
    this.#emit = emit;
    this.#partBytes = partBytes;
    this.#buffer = new Uint8Array(Math.min(FIRST_BUFFER, partBytes));
  }

  /** Length of the tar so far. */
  get length(): number {
    return this.#done * this.#partBytes + this.#used;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#used === this.#partBytes) await this.#completePart();
      const now = rest.subarray(0, this.#partBytes - this.#used);
      this.#reserve(now.length);
      this.#buffer.set(now, this.#used);
      this.#used += now.length;
      rest = rest.subarray(now.length);
    }
  }

  /** Writes a block that `closeBlock` replaces; a whole number of blocks must stand before it. */
  async openBlock(block: Uint8Array): Promise<void> {
    this.#openAt = this.length;
    await this.write(block);
  }

  async closeBlock(block: Uint8Array): Promise<void> {
    if (this.#openAt === null) throw new Error("No block of the tar is open");
    const at = this.#openAt % this.#partBytes;
    this.#openAt = null;
    const held = this.#held;
    if (held === null) {
      this.#buffer.set(block, at);
      return;
    }
    held.bytes.set(block, at);
    this.#held = null;
    await this.#emit({ ...held, isLast: false });
    this.#spare = held.bytes;
  }

  async finish(): Promise<void> {
    await this.#emit({ number: this.#done + 1, bytes: this.#buffer.subarray(0, this.#used), isLast: true });
  }

  async #completePart(): Promise<void> {
    const part = { number: this.#done + 1, bytes: this.#buffer };
    const openIn = this.#openAt === null ? null : Math.floor(this.#openAt / this.#partBytes);
    const holdsOpenBlock = openIn === this.#done;
    this.#done += 1;
    this.#used = 0;
    if (holdsOpenBlock) {
      this.#held = part;
      this.#buffer = this.#spare ?? new Uint8Array(this.#partBytes);
      this.#spare = null;
    } else await this.#emit({ ...part, isLast: false });
  }

  #reserve(count: number): void {
    const needed = this.#used + count;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(this.#partBytes, Math.max(needed, 2 * this.#buffer.length)));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }
}
