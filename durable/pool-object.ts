import { DurableObject } from "cloudflare:workers";
import { JOINING } from "../src/adapters/pool.ts";
import type { PoolDeps } from "../src/deps/types.ts";
import { poolDepsFor } from "../src/deps.ts";
import { createGrudges } from "../src/domain/pool/grudges.ts";
import type { PoolSummary } from "../src/domain/pool/summary.ts";
import type { PoolEntry } from "../src/domain/pool/types.ts";
import type { PoolView } from "../src/domain/pool/view.ts";
import type { ContainerEnd } from "../src/domain/ports/executor-containers.ts";
import type { Capabilities, PlaceOutcome } from "../src/domain/ports/pool.ts";
import {
  type FromExecutor,
  fromExecutor,
  POOL_CLOSE,
  POOL_PING,
  POOL_PONG,
  POOL_PROTOCOL,
} from "../src/wire/pool.ts";
import { PoolContainers } from "./pool-containers.ts";
import { PoolMembers } from "./pool-members.ts";
import { PoolOffers } from "./pool-offers.ts";
import { PoolPlacing } from "./pool-placing.ts";
import { PoolPositions } from "./pool-positions.ts";
import { PoolReports } from "./pool-reports.ts";
import { PoolWaiting } from "./pool-waiting.ts";

/** An executor whose socket ended may come back for so long before what it held is offered again. */
const RETURN_MS = 10_000;
/** After a reset, executors get so long to come back before containers are started in their place. */
const QUIET_MS = 15_000;

/**
 * The pool: jobs that wait, executors that joined, and the meeting of both. Every step is an event: a job
 * that comes, a message of an executor, a socket that ends. What is decided is pure (src/domain/pool);
 * nothing depends on this object's memory, because jobs ask again and executors say what they hold.
 */
export class PoolObject extends DurableObject {
  readonly #deps: PoolDeps;
  readonly #members: PoolMembers;
  readonly #offers: PoolOffers;
  readonly #containers: PoolContainers;
  readonly #placing: PoolPlacing;
  readonly #reports: PoolReports;
  readonly #positions: PoolPositions;

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(POOL_PING, POOL_PONG));
    const deps = poolDepsFor(env);
    const grudges = createGrudges();
    const members = new PoolMembers(ctx);
    const positions = new PoolPositions(deps, () => waiting.list);
    const waiting = new PoolWaiting(ctx.storage, deps.log, (objectId) => positions.left(objectId));
    const offers = new PoolOffers(deps, members);
    const containers = new PoolContainers(deps, ctx.storage, members, QUIET_MS);
    this.#deps = deps;
    this.#members = members;
    this.#offers = offers;
    this.#containers = containers;
    this.#positions = positions;
    this.#placing = new PoolPlacing(deps, { members, waiting, offers, containers, grudges });
    this.#reports = new PoolReports(deps, {
      members,
      waiting,
      containers,
      placing: this.#placing,
      storage: ctx.storage,
    });
    if (members.absent().length > 0) setTimeout(() => this.#forgetAbsent(), QUIET_MS);
  }

  /** Takes jobs in; settles when each has an executor, or is stored. */
  place(entries: readonly PoolEntry[]): Promise<readonly PlaceOutcome[]> {
    return this.#placing.place(entries);
  }

  async withdraw(objectId: string, holder: { attemptId: string; instance: string } | null): Promise<void> {
    this.#placing.forget(objectId);
    const holders = [...this.#offers.holdersOf(objectId), ...(holder === null ? [] : [holder])];
    const byAttempt = new Map(holders.map(({ attemptId, instance }) => [attemptId, instance]));
    for (const [attempt_id, instance] of byAttempt)
      this.#members.send(instance, { type: "cancel", attempt_id });
  }

  async watch(objectId: string): Promise<number | null> {
    return this.#positions.watch(objectId);
  }

  async badSignature(instance: string): Promise<void> {
    this.#reports.badSignature(instance);
  }

  async summary(): Promise<PoolSummary> {
    return this.#reports.summary();
  }

  async capabilities(): Promise<Capabilities> {
    return this.#reports.capabilities();
  }

  async view(): Promise<PoolView> {
    return this.#reports.view();
  }

  async drain(instance: string): Promise<boolean> {
    if (!this.#members.send(instance, { type: "leave" })) return false;
    this.#members.leaving(instance);
    return true;
  }

  async release(instance: string): Promise<boolean> {
    const isThere = this.#members.letGo(instance);
    if (isThere) this.#placing.pump();
    return isThere;
  }

  async containerHasJoined(name: string): Promise<boolean> {
    return this.#members.hasContainer({ name });
  }

  async containerEnded(name: string, end: ContainerEnd): Promise<void> {
    this.#containers.ended(name, end);
    this.#placing.pump();
  }

  override async alarm(): Promise<void> {
    this.#placing.pump();
  }

  /** An executor joins; the Worker has checked who it is. */
  override async fetch(request: Request): Promise<Response> {
    const header = (name: keyof typeof JOINING): string | null => request.headers.get(JOINING[name]);
    const { 0: client, 1: server } = new WebSocketPair();
    const container = await this.#containers.startedWith(header("startToken"));
    const joining = {
      instance: header("instance") ?? "",
      key: header("key") ?? "",
      name: header("name"),
      container,
    };
    const older = this.#members.accept(server, joining, this.#deps.now());
    for (const socket of older) socket.close(POOL_CLOSE.replaced, "joined again");
    server.send(JSON.stringify({ type: "welcome", protocol: POOL_PROTOCOL }));
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    const message = this.#read(socket, frame);
    if (message !== null) this.#take(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? POOL_CLOSE.left : code);
    this.#ended(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#ended(socket, 1006);
  }

  /** A message of the protocol; null for one of a kind that only a newer executor knows. */
  #read(socket: WebSocket, frame: string | ArrayBuffer): FromExecutor | null {
    try {
      const json: unknown = JSON.parse(typeof frame === "string" ? frame : "");
      const message = fromExecutor.safeParse(json);
      if (message.success) return message.data;
      const type = json !== null && typeof json === "object" && "type" in json ? json.type : null;
      const isKnown = fromExecutor.options.some((option) => option.shape.type.value === type);
      if (typeof type === "string" && !isKnown) return null;
      throw message.error;
    } catch (error) {
      this.#deps.log.error("pool.malformed_message", error, { instance: this.#members.of(socket).instance });
      socket.close(POOL_CLOSE.malformed, "not a message of this protocol");
      return null;
    }
  }

  #take(socket: WebSocket, message: FromExecutor): void {
    const { instance, container } = this.#members.of(socket);
    switch (message.type) {
      case "hello":
        this.#members.greet(socket, message, this.#deps.now());
        this.#offers.holds(instance, message.held);
        if (container !== null) this.#containers.joined(container);
        this.#reports.joined(container === null ? "host" : "container", message);
        break;
      case "accepted":
        this.#offers.accepted(instance, message.attempt_id, message.memory_mb);
        return;
      case "refused":
        this.#offers.refused(message.attempt_id, message.reason);
        return;
      case "released":
        this.#offers.released(instance, message.attempt_id, message.memory_mb);
        break;
      case "leaving":
        this.#members.leaving(instance);
        break;
    }
    this.#placing.pump();
  }

  /** A socket alone that ends means nothing: its executor may come back, and says then what it holds. */
  #ended(socket: WebSocket, code: number): void {
    const { instance } = this.#members.of(socket);
    if (code === POOL_CLOSE.replaced || this.#members.isJoined(instance)) return;
    if (code === POOL_CLOSE.left) this.#lose(instance);
    else setTimeout(() => this.#lose(instance), RETURN_MS);
  }

  #lose(instance: string): void {
    if (this.#members.isJoined(instance)) return;
    this.#members.forget(instance);
    this.ctx.waitUntil(this.#placing.again(this.#offers.lose(instance)));
  }

  #forgetAbsent(): void {
    for (const instance of this.#members.absent()) this.#lose(instance);
  }
}
