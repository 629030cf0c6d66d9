import type { ReportOutcome } from "../../src/domain/ports/job-objects.ts";
import type { AttemptRequest } from "../../src/wire/attempt.ts";
import { type FromExecutor, reportText, type ToExecutor } from "../../src/wire/pool.ts";
import type { AttemptEvent, FinishedEvent } from "../../src/wire/report.ts";
import { signedPayload } from "../../src/wire/signed-payload.ts";
import { digestOf, signedBy } from "./fake-cryptography.ts";
import type { World } from "./world.ts";

const HEARTBEAT_MS = 10_000;
/** An executor gives a report up when it has heard nothing for so long. */
const LOST_MS = 90_000;

/** A key that nobody joined with. */
const FOREIGN_KEY = `${"x".repeat(43)}=`;

/** What one attempt did, as the executor that ran it knows. */
export type Ran = {
  readonly attemptId: string;
  readonly key: string;
  readonly exitCode: number;
  readonly cpuSeconds: number;
  printed: string;
};

type Held = { readonly request: AttemptRequest; readonly memoryMb: number; isKilled: boolean };

/** One process of an executor: it joins, is offered attempts, and reports on them, well or badly. */
export class ExecutorModel {
  readonly instance: string;
  readonly key: string;
  readonly slots: number;
  readonly held = new Map<string, Held>();
  isAlive = true;
  isLeaving = false;
  suspendedUntilMs = 0;
  /** Signs with another key than it joined with. */
  isLiar = false;
  socket: { send(message: FromExecutor): void; close(code: number): void } | null = null;
  readonly #world: World;

  constructor(world: World, slots: number) {
    this.#world = world;
    this.instance = world.chance.hex(32);
    this.key = `${digestOf(`key ${this.instance}`).replaceAll("-", "+").replaceAll("_", "/")}=`;
    this.slots = slots;
    this.#join();
  }

  /** Ends without a word. */
  kill(): void {
    this.isAlive = false;
    this.held.clear();
    const { socket } = this;
    this.socket = null;
    socket?.close(1006);
  }

  /** Leaves in order: what it holds ends first. */
  leave(): void {
    this.isLeaving = true;
    this.#say({ type: "leaving" });
    this.#goIfEmpty();
  }

  get isAwake(): boolean {
    return this.isAlive && this.#world.clock.now >= this.suspendedUntilMs;
  }

  #join(): void {
    const { chance, clock } = this.#world;
    if (!this.isAlive) return;
    if (!this.isAwake) {
      clock.after(this.suspendedUntilMs - clock.now, () => this.#join());
      return;
    }
    this.#world
      .openSocket(this, {
        onMessage: (message) => this.#whenAwake(() => this.#take(message)),
        onClose: () => {
          this.socket = null;
          if (this.isAlive) clock.after(chance.below(3_000), () => this.#join());
        },
      })
      .catch(() => clock.after(1_000 + chance.below(5_000), () => this.#join()));
  }

  #whenAwake(act: () => void): void {
    const { clock } = this.#world;
    if (!this.isAlive) return;
    if (this.isAwake) act();
    else clock.after(this.suspendedUntilMs - clock.now, () => this.#whenAwake(act));
  }

  #say(message: FromExecutor): void {
    this.socket?.send(message);
  }

  #take(message: ToExecutor): void {
    if (message.type === "welcome") this.#hello();
    else if (message.type === "cancel") this.#kill(message.attempt_id);
    else if (message.type === "leave") this.leave();
    else if (message.type === "offer" && message.attempt !== undefined) {
      this.#offered(message.attempt, message.memory_mb);
    }
  }

  #hello(): void {
    this.#say({
      type: "hello",
      protocol: 2,
      version: "1",
      name: "model",
      slots: this.slots,
      memory_mb: 4_000,
      environments: [
        { name: "default", description: "", interpreters: ["bash"], packages: [], diskBytes: 0, uses: 0 },
      ],
      languages: [],
      isolation: 1,
      accounting: "none",
      held: [...this.held].map(([attempt_id, { memoryMb }]) => ({ attempt_id, memory_mb: memoryMb })),
    });
    if (this.isLeaving) this.#say({ type: "leaving" });
  }

  #offered(request: AttemptRequest, memory_mb: number): void {
    const { chance } = this.#world;
    const { attemptId: attempt_id } = request;
    const oddity = this.#world.isFaulty ? chance.next() : 1;
    const refuse = (reason: "leaving" | "busy" | "internal"): void =>
      this.#say({ type: "refused", attempt_id, reason });
    if (this.isLeaving) {
      refuse("leaving");
      return;
    }
    if (this.held.has(attempt_id)) {
      this.#say({ type: "accepted", attempt_id, memory_mb });
      return;
    }
    if (this.held.size >= this.slots || oddity < 0.05) {
      refuse("busy");
      return;
    }
    if (oddity < 0.08) refuse("internal");
    if (oddity < 0.12) return;
    const held = { request, memoryMb: memory_mb, isKilled: false };
    this.held.set(attempt_id, held);
    this.#say({ type: "accepted", attempt_id, memory_mb });
    void this.#run(held);
  }

  #kill(attemptId: string): void {
    const held = this.held.get(attemptId);
    if (held !== undefined) held.isKilled = true;
  }

  #release(attemptId: string, memory_mb: number): void {
    if (!this.held.delete(attemptId)) return;
    this.#say({ type: "released", attempt_id: attemptId, memory_mb });
    this.#goIfEmpty();
  }

  #goIfEmpty(): void {
    if (!this.isLeaving || this.held.size > 0 || !this.isAlive) return;
    this.isAlive = false;
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
  }

  async #run(held: Held): Promise<void> {
    const { chance, clock } = this.#world;
    const { attemptId } = held.request;
    const ran: Ran = {
      attemptId,
      key: this.key,
      exitCode: chance.below(200),
      cpuSeconds: 1 + chance.below(5),
      printed: "",
    };
    this.#world.ran.set(attemptId, ran);
    const events: AttemptEvent[] = [{ n: 1, type: "started", atMs: clock.now }];
    const lines = chance.below(4);
    for (let line = 0; line < lines && !held.isKilled; line += 1) {
      await this.#pause(chance.is(0.1) ? chance.below(60_000) : chance.below(2_000));
      if (!this.isAlive) return;
      const data = `${attemptId.slice(-6)} line ${line}\n`;
      ran.printed += data;
      events.push({ n: events.length + 1, type: "log", atMs: clock.now, stream: "stdout", data });
      if (chance.is(0.7) && !(await this.#report(held, events, false))) return;
    }
    await this.#beat(held, chance.is(0.1) ? chance.below(90_000) : chance.below(1_000));
    if (!this.isAlive) return;
    events.push(this.#finished(ran, held, events.length + 1));
    const stored = await this.#report(held, events, true);
    if (stored && this.isAlive) this.#release(attemptId, held.memoryMb);
  }

  #finished(ran: Ran, held: Held, n: number): FinishedEvent {
    const { jobHash } = held.request;
    const exitCode = held.isKilled ? null : ran.exitCode;
    const figures = { exitCode, cpuSeconds: ran.cpuSeconds, memoryPeakBytes: 1_000_000 };
    const text = signedPayload({ jobHash, selected: [], ...figures });
    const key = this.isLiar ? FOREIGN_KEY : this.key;
    return {
      n,
      type: "finished",
      atMs: this.#world.clock.now,
      reason: held.isKilled ? "cancelled" : "exit",
      signal: null,
      message: null,
      wallTimeMs: 1,
      truncated: { stdout: false, stderr: false },
      outputs: [],
      outputsDropped: 0,
      isolation: 1,
      accounting: "none",
      signature: { workerId: key, signature: signedBy(key, text), signedPayload: text },
      ...figures,
    };
  }

  /** Waits, and past its own suspension. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#world;
    await clock.sleep(ms);
    while (this.isAlive && !this.isAwake) await clock.sleep(this.suspendedUntilMs - clock.now);
  }

  /** Waits with heartbeats, as for a silent program. */
  async #beat(held: Held, ms: number): Promise<void> {
    const { clock } = this.#world;
    const untilMs = clock.now + ms;
    while (this.isAlive && clock.now < untilMs && !held.isKilled) {
      await this.#pause(Math.min(HEARTBEAT_MS, untilMs - clock.now));
      if (this.isAlive && clock.now < untilMs) await this.#report(held, [], false);
    }
  }

  /** Sends events until they are stored; false when nobody wants them, or nobody answers for too long. */
  async #report(held: Held, events: readonly AttemptEvent[], isLast: boolean): Promise<boolean> {
    const { chance, clock } = this.#world;
    const sinceMs = clock.now;
    while (this.isAlive) {
      const outcome = await this.#send(held, events, isLast);
      if (!this.isAlive) return false;
      if (outcome?.kind === "accepted") {
        if (outcome.cancel) held.isKilled = true;
        return true;
      }
      const isRefused = outcome !== null && outcome.kind !== "gap";
      if (isRefused || clock.now - sinceMs > LOST_MS) {
        held.isKilled = true;
        this.#release(held.request.attemptId, held.memoryMb);
        return false;
      }
      await this.#pause(200 + chance.below(2_000));
    }
    return false;
  }

  /** One report; null when nothing was heard. */
  async #send(held: Held, events: readonly AttemptEvent[], isLast: boolean): Promise<ReportOutcome | null> {
    const { attemptId, attemptToken: token } = held.request;
    const bodySha256 = digestOf(JSON.stringify(events));
    const key = this.isLiar ? FOREIGN_KEY : this.key;
    const proof = isLast ? { signature: signedBy(key, reportText(attemptId, bodySha256)), bodySha256 } : null;
    const bearer = { token, tokenHash: digestOf(token) };
    try {
      const objectId = attemptId.slice(0, 64);
      return await this.#world.jobCall(objectId, async (job) => {
        const holder = this.#world.holderOf(objectId);
        const outcome = await job.report(attemptId, bearer, structuredClone(events), proof);
        const isStale = holder !== null && holder !== attemptId;
        if (isStale && outcome.kind === "accepted") this.#world.wrong.push("a stale report was accepted");
        return outcome;
      });
    } catch {
      return null;
    }
  }
}
