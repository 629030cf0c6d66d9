import { setTimeout as delay } from "node:timers/promises";
import type { AttemptRequest } from "../../src/wire/attempt.ts";
import {
  type FromExecutor,
  type Hello,
  POOL_CLOSE,
  POOL_PROTOCOL,
  type RefusalReason,
  type ToExecutor,
} from "../../src/wire/pool.ts";
import type { Log } from "../log.ts";
import { type Connection, connect, type JoinSettings } from "./connection.ts";
import { fetchOffer } from "./fetch-offer.ts";

const FIRST_RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 30_000;

/** What the pool may ask of this executor. */
export interface Member {
  /** Takes an attempt, or says why not; one that it knows already counts as taken. */
  offered(request: AttemptRequest, memoryMb: number): "accepted" | RefusalReason;
  cancel(attemptId: string): void;
  /** The pool asks it to leave: it finishes what it holds. */
  leave(): void;
  /** What it says of itself whenever it has joined, what it holds included. */
  hello(): Omit<Hello, "type" | "protocol">;
}

export interface Membership {
  released(attemptId: string, memoryMb: number): void;
  /** Nothing new is to come. */
  leaving(): void;
  isJoined(): boolean;
  /** Ends the membership for good. */
  close(): void;
}

/** Full jitter, so that executors of a pool that was away do not come back all at once. */
const retryMs = (failures: number): number =>
  Math.random() * Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);

/** Keeps one connection to the pool, opened anew whenever it ends, and answers what comes over it. */
export const joinPool = (settings: JoinSettings, member: Member, log: Log): Membership => {
  const closing = new AbortController();
  let connection: Connection | null = null;
  let isJoined = false;
  let isLeaving = false;
  let failures = 0;

  const send = (message: FromExecutor): void => {
    connection?.send(message);
  };
  const take = (request: AttemptRequest, memoryMb: number): void => {
    const { attemptId: attempt_id } = request;
    const answer = isLeaving ? "leaving" : member.offered(request, memoryMb);
    if (answer === "accepted") send({ type: "accepted", attempt_id, memory_mb: memoryMb });
    else send({ type: "refused", attempt_id, reason: answer });
  };
  const onOffer = async ({ attempt, reference, memory_mb }: Extract<ToExecutor, { type: "offer" }>) => {
    if (attempt !== undefined) return take(attempt, memory_mb);
    if (reference === undefined) return;
    const fetched = await fetchOffer(settings.joinUrl, reference);
    if (fetched !== null) take(fetched, memory_mb);
    else send({ type: "refused", attempt_id: reference.attempt_id, reason: "invalid" });
  };
  const onMessage = (message: ToExecutor): void => {
    if (message.type === "welcome") {
      failures = 0;
      isJoined = true;
      send({ type: "hello", protocol: POOL_PROTOCOL, ...member.hello() });
      if (isLeaving) send({ type: "leaving" });
      log("pool_joined", { address: new URL(settings.joinUrl).origin });
    } else if (message.type === "offer") void onOffer(message);
    else if (message.type === "cancel") member.cancel(message.attempt_id);
    else if (message.type === "leave") member.leave();
  };
  const stayConnected = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const ended = Promise.withResolvers<string>();
      connection = connect(settings, { onMessage, onEnd: ended.resolve });
      const reason = await ended.promise;
      connection = null;
      isJoined = false;
      if (closing.signal.aborted) return;
      const waitMs = retryMs(failures);
      failures += 1;
      log("pool_left", { reason, retryMs: Math.round(waitMs) });
      await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  void stayConnected();

  return {
    released: (attempt_id, memory_mb) => send({ type: "released", attempt_id, memory_mb }),
    leaving: () => {
      isLeaving = true;
      send({ type: "leaving" });
    },
    isJoined: () => isJoined,
    close: () => {
      closing.abort();
      connection?.close(POOL_CLOSE.left);
    },
  };
};
