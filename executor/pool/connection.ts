import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { z } from "zod";
import {
  type FromExecutor,
  JOIN_HEADERS,
  joinText,
  POOL_PING,
  POOL_PING_MS,
  type ToExecutor,
  toExecutor,
} from "../../src/wire/pool.ts";
import { attemptId } from "../../src/wire/vocabulary.ts";
import type { Identity } from "../identity.ts";
import { userAgent } from "../version.ts";
import { explainRefusal } from "./refusals.ts";

const HANDSHAKE_MS = 10_000;
/** Nothing was heard for so long, not even answers to pings: the connection is dead. */
const SILENCE_MS = 2.5 * POOL_PING_MS;
const FRAME_BYTES = 4 * 1024 * 1024;

/** How a process makes itself known to the pool. */
export interface JoinSettings {
  /** Address of the service, without a path. */
  readonly joinUrl: string;
  readonly instance: string;
  readonly identity: Identity;
  readonly startToken: string | null;
}

export interface ConnectionEvents {
  onMessage(message: ToExecutor): void;
  /** Called once, whether it was ever open or not; `reason` is for people. */
  onEnd(reason: string): void;
}

export interface Connection {
  /** False when the connection is not open. */
  send(message: FromExecutor): boolean;
  close(code: number): void;
}

const headersOf = ({ joinUrl, instance, identity, startToken }: JoinSettings): Record<string, string> => {
  const unixSeconds = Math.floor(Date.now() / 1_000);
  return {
    "user-agent": userAgent,
    [JOIN_HEADERS.key]: identity.workerId,
    [JOIN_HEADERS.instance]: instance,
    [JOIN_HEADERS.time]: String(unixSeconds),
    [JOIN_HEADERS.signature]: identity.sign(joinText(new URL(joinUrl).host, instance, unixSeconds)),
    ...(startToken === null ? {} : { [JOIN_HEADERS.startToken]: startToken }),
  };
};

const joinAddress = (joinUrl: string): string => new URL("/pool/join", joinUrl).href.replace(/^http/, "ws");

const unreadableOffer = z.object({
  type: z.literal("offer"),
  attempt: z.object({ attemptId }),
});

type Frame =
  | { readonly kind: "message"; readonly message: ToExecutor }
  /** An offer of a newer service that asks for what this executor does not know. */
  | { readonly kind: "unreadable_offer"; readonly attemptId: string }
  /** A kind that only a newer service knows is none of this executor's business. */
  | { readonly kind: "unknown" };

const parse = (data: unknown): Frame => {
  try {
    const json: unknown = JSON.parse(String(data));
    const { success, data: message } = toExecutor.safeParse(json);
    if (success) return { kind: "message", message };
    const offer = unreadableOffer.safeParse(json);
    if (offer.success) return { kind: "unreadable_offer", attemptId: offer.data.attempt.attemptId };
  } catch {
    // A frame that is no JSON says nothing.
  }
  return { kind: "unknown" };
};

const explain = async (response: IncomingMessage): Promise<string> => {
  const body = await text(response).catch(() => "");
  return explainRefusal(response.statusCode ?? 0, response.headers, body.slice(0, 65_536));
};

/** Opens one connection to the pool. It ends by itself when nothing is heard any more. */
export const connect = (settings: JoinSettings, { onMessage, onEnd }: ConnectionEvents): Connection => {
  const socket = new WebSocket(joinAddress(settings.joinUrl), {
    headers: headersOf(settings),
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
  });
  let heardAtMs = Date.now();
  let hasEnded = false;
  const end = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    clearInterval(pinging);
    socket.terminate();
    onEnd(reason);
  };
  const pinging = setInterval(() => {
    if (Date.now() - heardAtMs > SILENCE_MS) end("The service went silent.");
    else if (socket.readyState === WebSocket.OPEN) socket.send(POOL_PING);
  }, POOL_PING_MS);

  const send = (message: FromExecutor): boolean => {
    if (socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  };

  socket.on("message", (data) => {
    heardAtMs = Date.now();
    const frame = parse(data);
    if (frame.kind === "message" && frame.message.type !== "pong") onMessage(frame.message);
    else if (frame.kind === "unreadable_offer") {
      send({ type: "refused", attempt_id: frame.attemptId, reason: "invalid" });
    }
  });
  socket.on("unexpected-response", (_request, response) => {
    void explain(response).then(end);
  });
  socket.on("error", (error) => end(`The service cannot be reached: ${error.message}`));
  socket.on("close", (code) => end(`The connection was closed with ${code}.`));
  return {
    send,
    close: (code) => socket.close(code),
  };
};
