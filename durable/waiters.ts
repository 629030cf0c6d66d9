/** Callers that wait for the job to end; they are woken by it, or by their own time running out. */
export class Waiters {
  readonly #wakers = new Set<() => void>();

  /** Resolves when the job ends, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => wake(), timeoutMs);
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
    });
  }

  release(): void {
    for (const wake of [...this.#wakers]) wake();
  }
}
