import { z } from "zod";
import { together } from "../src/domain/pool/capabilities.ts";
import type { ContainerRecord } from "../src/domain/pool/containers.ts";
import type { PoolExecutor } from "../src/domain/pool/types.ts";
import type { ExecutorView } from "../src/domain/pool/view.ts";
import type { Capabilities } from "../src/domain/ports/pool.ts";
import { schemaOf } from "../src/domain/stored.ts";
import { type Hello, POOL_PING_MS, type ToExecutor } from "../src/wire/pool.ts";
import { closeUnreadable } from "./readable-sockets.ts";

const JOIN_PREFIX = "join/";
const DRAINED_PREFIX = "drained/";
/** An executor that did not even ping for so long is not offered anything. */
const SILENT_MS = 3 * POOL_PING_MS;

/** What survives hibernation with a socket: at most 2 KiB, the rest is in the row of the join. */
const attachment = z.object({
  instance: z.string(),
  key: z.string(),
  name: z.string().nullable(),
  /** Name of the container that it runs in; null on a host. */
  container: z.string().nullable(),
  /** `greeting`: it has not said hello on this socket. */
  state: z.enum(["greeting", "joined", "leaving", "drained"]),
  joinedAtMs: z.number(),
  /** When it said hello last; its pings are remembered by the runtime. */
  heardAtMs: z.number(),
  held: z.int(),
  heldMemoryMb: z.int(),
  released: z.int(),
  refused: z.int(),
  lost: z.int(),
});
type Attachment = z.infer<typeof attachment>;
const attachmentSchema = schemaOf<Attachment>("an executor's socket");

/** What an executor said of itself when it joined. */
type JoinRow = Pick<
  PoolExecutor,
  "protocol" | "version" | "name" | "slots" | "memoryMb" | "isolation" | "accounting"
> &
  Capabilities;

const joinSchema = schemaOf<JoinRow>("what an executor said of itself");

const rowOf = (hello: Hello): JoinRow => ({
  protocol: hello.protocol,
  version: hello.version,
  name: hello.name,
  slots: hello.slots,
  memoryMb: hello.memory_mb,
  languages: hello.languages,
  isolation: hello.isolation,
  accounting: hello.accounting,
  environments: hello.environments,
});

export type Joining = Pick<Attachment, "instance" | "key" | "name" | "container">;

/** The sockets of executors, and what is known of each. */
export class PoolMembers {
  readonly #ctx: DurableObjectState;
  readonly #rows = new Map<string, JoinRow>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    closeUnreadable(ctx.getWebSockets(), (socket) => this.of(socket));
  }

  /** Takes the socket of an executor that is to say hello; answers the older ones of the same process. */
  accept(socket: WebSocket, joining: Joining, now: number): WebSocket[] {
    const older = this.#socketsOf(joining.instance);
    this.#ctx.acceptWebSocket(socket, [joining.instance]);
    this.#attach(socket, {
      ...joining,
      state: "greeting",
      joinedAtMs: now,
      heardAtMs: now,
      held: 0,
      heldMemoryMb: 0,
      released: 0,
      refused: 0,
      lost: 0,
    });
    return older;
  }

  /** It has said what it is and holds: from now on it can be offered jobs. */
  greet(socket: WebSocket, hello: Hello, now: number): void {
    const known = this.of(socket);
    const row = rowOf(hello);
    const { instance } = known;
    const before = this.#row(instance);
    if (JSON.stringify(before) !== JSON.stringify(row))
      this.#ctx.storage.kv.put(JOIN_PREFIX + instance, joinSchema.stamp(row));
    this.#rows.set(instance, row);
    const isDrained = this.#ctx.storage.kv.get(DRAINED_PREFIX + instance) === true;
    this.#attach(socket, {
      ...known,
      heardAtMs: now,
      state: isDrained ? "drained" : "joined",
      held: hello.held.length,
      heldMemoryMb: hello.held.reduce((sum, { memory_mb }) => sum + memory_mb, 0),
    });
  }

  /** What is known with a socket. */
  of(socket: WebSocket): Attachment {
    return attachment.parse(attachmentSchema.read(socket.deserializeAttachment()));
  }

  /** Executors that can be offered jobs, as placing sees them; silent ones are left out. */
  executors(now: number): PoolExecutor[] {
    return this.#greeted().flatMap(({ socket, known, row }) => {
      const pingedAtMs = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      if (now - Math.max(pingedAtMs, known.heardAtMs) > SILENT_MS) return [];
      return [this.#executorOf(known, row)];
    });
  }

  views(): ExecutorView[] {
    return this.#greeted().map(({ known, row }) => {
      const { released, refused, lost } = known;
      const { protocol: _protocol, accounting: _accounting, ...view } = this.#executorOf(known, row);
      return { ...view, released, refused, lost };
    });
  }

  isJoined(instance: string): boolean {
    return this.#socketsOf(instance).some((socket) => this.of(socket).state !== "greeting");
  }

  /** Whether the executor of a container has joined. */
  hasContainer({ name }: Pick<ContainerRecord, "name">): boolean {
    return this.#ctx.getWebSockets().some((socket) => this.of(socket).container === name);
  }

  /** Sends a message to an executor; false when it is not there. */
  send(instance: string, message: ToExecutor): boolean {
    const [socket] = this.#socketsOf(instance);
    if (socket === undefined) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  /** Takes room for an attempt, or gives it back with negative numbers. */
  take(instance: string, attempts: number, memoryMb: number): void {
    this.#change(instance, (known) => ({
      held: Math.max(0, known.held + attempts),
      heldMemoryMb: Math.max(0, known.heldMemoryMb + memoryMb),
    }));
  }

  count(instance: string, what: "released" | "refused" | "lost"): void {
    this.#change(instance, (known) => ({ [what]: known[what] + 1 }));
  }

  leaving(instance: string): void {
    this.#change(instance, () => ({ state: "leaving" }));
  }

  /** Nothing is offered to it until it is let go; it is remembered over reconnections. */
  quarantine(instance: string): void {
    this.#ctx.storage.kv.put(DRAINED_PREFIX + instance, true);
    this.#change(instance, () => ({ state: "drained" }));
  }

  letGo(instance: string): boolean {
    this.#ctx.storage.kv.delete(DRAINED_PREFIX + instance);
    return this.#change(instance, ({ state }) => ({ state: state === "drained" ? "joined" : state }));
  }

  /** Instances that had joined and have no socket now: they went with a reset, or for good. */
  absent(): string[] {
    return [...this.#ctx.storage.kv.list({ prefix: JOIN_PREFIX })]
      .map(([name]) => name.slice(JOIN_PREFIX.length))
      .filter((instance) => this.#socketsOf(instance).length === 0);
  }

  forget(instance: string): void {
    this.#rows.delete(instance);
    this.#ctx.storage.kv.delete(JOIN_PREFIX + instance);
    if (this.#ctx.storage.kv.get(DRAINED_PREFIX + instance) === true) {
      this.#ctx.storage.kv.delete(DRAINED_PREFIX + instance);
    }
  }

  /** What all that have joined can do together; what the longest joined one says of a name counts. */
  capabilities(): Capabilities {
    return together(this.#greeted().map(({ row }) => row));
  }

  #executorOf(known: Attachment, row: JoinRow): PoolExecutor {
    return {
      ...row,
      instance: known.instance,
      key: known.key,
      name: known.name ?? row.name,
      kind: known.container === null ? "host" : "container",
      environments: row.environments.map(({ name }) => name),
      languages: row.languages.map(({ id }) => id),
      joinedAtMs: known.joinedAtMs,
      state: known.state === "greeting" ? "leaving" : known.state,
      held: known.held,
      heldMemoryMb: known.heldMemoryMb,
    };
  }

  /** Those that have said hello, the longest joined first. */
  #greeted(): { socket: WebSocket; known: Attachment; row: JoinRow }[] {
    return this.#ctx
      .getWebSockets()
      .flatMap((socket) => {
        const known = this.of(socket);
        const row = known.state === "greeting" ? null : this.#row(known.instance);
        return row === null || socket.readyState !== WebSocket.OPEN ? [] : [{ socket, known, row }];
      })
      .toSorted((one, other) => one.known.joinedAtMs - other.known.joinedAtMs);
  }

  #row(instance: string): JoinRow | null {
    const known = this.#rows.get(instance);
    if (known !== undefined) return known;
    const stored = this.#ctx.storage.kv.get<object>(JOIN_PREFIX + instance);
    if (stored === undefined) return null;
    const row = joinSchema.read(stored);
    this.#rows.set(instance, row);
    return row;
  }

  #socketsOf(instance: string): WebSocket[] {
    return this.#ctx
      .getWebSockets(instance)
      .filter(({ readyState }) => readyState === WebSocket.OPEN)
      .toReversed();
  }

  #change(instance: string, change: (known: Attachment) => Partial<Attachment>): boolean {
    const [socket] = this.#socketsOf(instance);
    if (socket === undefined) return false;
    const known = this.of(socket);
    this.#attach(socket, { ...known, ...change(known) });
    return true;
  }

  #attach(socket: WebSocket, known: Attachment): void {
    socket.serializeAttachment(attachmentSchema.stamp(known));
  }
}
