import type { WebSocket } from "ws";
import type { AttemptRequest } from "../../../src/wire/attempt.ts";
import {
  type FromExecutor,
  fromExecutor,
  type Hello,
  POOL_PING,
  POOL_PONG,
  POOL_PROTOCOL,
  type ToExecutor,
} from "../../../src/wire/pool.ts";

/** What an executor answers to an offer. */
export type OfferAnswer = "accepted" | Extract<FromExecutor, { type: "refused" }>["reason"];

type Waiting = {
  readonly request: AttemptRequest;
  readonly memoryMb: number;
  readonly answer: (answer: OfferAnswer) => void;
};

/** One executor that has joined the test's pool: it is offered what comes as soon as it has a slot. */
export interface PoolSeat {
  /** Standard base64 of the key that it joined with. */
  readonly key: string;
  readonly hello: Hello;
  /** Everything that it said. */
  readonly said: readonly FromExecutor[];
  /** Offers an attempt when a slot is free; settles with the answer. */
  offer(request: AttemptRequest, memoryMb?: number): Promise<OfferAnswer>;
  /** Offers it now, whatever is free. */
  offerNow(request: AttemptRequest, memoryMb?: number): Promise<OfferAnswer>;
  cancel(attemptId: string): void;
  send(message: ToExecutor): void;
  close(code: number): void;
}

/** Welcomes an executor on its socket, and settles when it has said hello. */
export const takeSeat = (socket: WebSocket, key: string): Promise<PoolSeat> => {
  const joined = Promise.withResolvers<PoolSeat>();
  const said: FromExecutor[] = [];
  const waiting: Waiting[] = [];
  const offered = new Map<string, (answer: OfferAnswer) => void>();
  let slots = 0;
  let held = 0;

  const send = (message: ToExecutor): void => socket.send(JSON.stringify(message));
  const offerNow = (attempt: AttemptRequest, memory_mb = 1): Promise<OfferAnswer> =>
    new Promise((resolve) => {
      offered.set(attempt.attemptId, resolve);
      send({ type: "offer", memory_mb, attempt });
    });
  const pump = (): void => {
    while (held < slots) {
      const next = waiting.shift();
      if (next === undefined) return;
      held += 1;
      void offerNow(next.request, next.memoryMb).then((answer) => {
        if (answer !== "accepted") held -= 1;
        next.answer(answer);
        pump();
      });
    }
  };
  const settle = (attemptId: string, answer: OfferAnswer): void => {
    offered.get(attemptId)?.(answer);
    offered.delete(attemptId);
  };
  const take = (message: FromExecutor): void => {
    said.push(message);
    if (message.type === "hello") {
      ({ slots } = message);
      joined.resolve({
        key,
        hello: message,
        said,
        offer: (request, memoryMb = 1) =>
          new Promise((answer) => {
            waiting.push({ request, memoryMb, answer });
            pump();
          }),
        offerNow,
        cancel: (attempt_id) => send({ type: "cancel", attempt_id }),
        send,
        close: (code) => socket.close(code),
      });
    } else if (message.type === "accepted") settle(message.attempt_id, "accepted");
    else if (message.type === "refused") settle(message.attempt_id, message.reason);
    else if (message.type === "released") {
      held = Math.max(0, held - 1);
      pump();
    }
  };
  socket.on("message", (data) => {
    const text = String(data);
    if (text === POOL_PING) socket.send(POOL_PONG);
    else take(fromExecutor.parse(JSON.parse(text)));
  });
  send({ type: "welcome", protocol: POOL_PROTOCOL });
  return joined.promise;
};
