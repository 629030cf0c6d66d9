import { Waiters } from "./waiters.ts";

/** Workers that wait at a time. */
const WORKERS = 1_000;

/**
 * Where workers wait for work, and who has some rings. Nothing is stored: each look behind a ring is at the
 * rows, and who misses a ring learns so from what it has seen.
 */
export class WorkBell {
  readonly #waiters = new Waiters(WORKERS);
  readonly #instance = crypto.randomUUID();
  #rings = 0;

  /** Names the rings so far; an object that came anew has other names. */
  seen(): string {
    return `${this.#instance} ${this.#rings}`;
  }

  /** Resolves at the first ring behind `seen`, or after `timeoutMs`. */
  async wait(seen: string, timeoutMs: number): Promise<void> {
    if (seen === this.seen()) await this.#waiters.wait(timeoutMs);
  }

  ring(): void {
    this.#rings += 1;
    this.#waiters.release();
  }
}
