/** Callers that wait for the job to end; they are woken by it, or by their own time running out. */
export class Waiters {
  readonly #wakers = new Set<() => void>();
  readonly #most: number;

  /** Holds at most so many at a time: whoever waits longest is woken for the next one. */
  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#wakers.size;
  }

  /** Resolves when the job ends, or after `timeoutMs`, or sooner when too many have come since. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), timeoutMs);
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
      const [first] = this.#wakers;
      if (this.#wakers.size > this.#most) first?.();
    });
  }

  release(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}
