import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import {
  type FromExecutor,
  JOIN_HEADERS,
  joinText,
  POOL_PING,
  POOL_PING_MS,
  type ToExecutor,
  toExecutor,
} from "../../src/wire/pool.ts";
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

const parse = (data: unknown): ToExecutor | null => {
  try {
    const message = toExecutor.safeParse(JSON.parse(String(data)));
    return message.success ? message.data : null;
  } catch {
    return null;
  }
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

  socket.on("message", (data) => {
    heardAtMs = Date.now();
    const message = parse(data);
    // A kind that only a newer service knows is none of this executor's business.
    if (message !== null && message.type !== "pong") onMessage(message);
  });
  socket.on("unexpected-response", (_request, response) => {
    void explain(response).then(end);
  });
  socket.on("error", (error) => end(`The service cannot be reached: ${error.message}`));
  socket.on("close", (code) => end(`The connection was closed with ${code}.`));
  return {
    send: (message) => {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close: (code) => socket.close(code),
  };
};
