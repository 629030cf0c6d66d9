type Timer = { readonly id: number; readonly atMs: number; readonly run: () => void };

const drained = globalThis.setImmediate;

/** Time that passes only when it is told to, with the timers of everything that runs in this process. */
export class VirtualClock {
  now: number;
  #timers: Timer[] = [];
  #next = 1;
  readonly #real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    now: Date.now,
  };

  constructor(startMs: number) {
    this.now = startMs;
  }

  /** Takes the place of the process's own clock and timers, until it is taken back. */
  install(): () => void {
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.after(ms, run),
      clearTimeout: (id: number) => this.cancel(id),
    });
    Date.now = () => this.now;
    return () => {
      Object.assign(globalThis, {
        setTimeout: this.#real.setTimeout,
        clearTimeout: this.#real.clearTimeout,
      });
      Date.now = this.#real.now;
    };
  }

  after(ms: number, run: () => void): number {
    const id = this.#next;
    this.#next += 1;
    const atMs = this.now + Math.max(0, ms);
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, { id, atMs, run });
    return id;
  }

  cancel(id: number | undefined): void {
    const at = this.#timers.findIndex((timer) => timer.id === id);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets so much time pass; everything that a timer sets off is done before the next one rings. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.now + ms;
    await new Promise((resolve) => drained(resolve));
    for (let next = this.#timers[0]; next !== undefined && next.atMs <= untilMs; next = this.#timers[0]) {
      this.#timers.shift();
      this.now = Math.max(this.now, next.atMs);
      next.run();
      await new Promise((resolve) => drained(resolve));
    }
    this.now = untilMs;
  }
}
