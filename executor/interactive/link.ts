import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { AttemptRequest } from "../../src/wire/attempt.ts";
import {
  type FromProgram,
  INTERACTIVE_CLOSE,
  INTERACTIVE_DATA_CHARS,
  type ToProgram,
  toProgram,
} from "../../src/wire/interactive.ts";
import type { CompileResult } from "../../src/wire/judging.ts";
import { TRACE_HEADER } from "../../src/wire/trace.ts";
import { userAgent } from "../version.ts";

const HANDSHAKE_MS = 5_000;
const RETRY_MS = 300;
const TRIES = 3;
const FRAME_BYTES = 1024 * 1024;
/** Output waits unsent up to this; then the program waits in its own `write`. */
const UNSENT_BYTES = 1024 * 1024;

/** The connection of a running program with the client who sits before it. */
export interface InteractiveLink {
  send(frame: FromProgram): void;
  /** The whole of a compile stage that has ended. */
  compiled(result: CompileResult): void;
  /** More waits unsent than should; `onDrained` is called when that has passed. */
  isFull(): boolean;
  onDrained: () => void;
  /** Input and signals; what comes before this is set finds nobody. */
  onFrame: (frame: ToProgram) => void;
  /** Everything was sent, or there is no program. */
  close(code: number): void;
}

const open = (joinUrl: string, { attemptId, attemptToken, trace }: AttemptRequest): Promise<WebSocket> => {
  const address = new URL(`/executor/attempts/${attemptId}/interactive`, joinUrl).href;
  const socket = new WebSocket(address.replace(/^http/, "ws"), {
    headers: {
      authorization: `Bearer ${attemptToken}`,
      "user-agent": userAgent,
      ...(trace !== undefined && { [TRACE_HEADER]: trace }),
    },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
};

const openPatiently = async (joinUrl: string, request: AttemptRequest): Promise<WebSocket> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open(joinUrl, request);
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_MS * tries);
    }
  }
};

const parse = (data: unknown): ToProgram | null => {
  try {
    const frame = toProgram.safeParse(JSON.parse(String(data)));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
};

/** Pieces of a text that fit a frame, no character of two halves split. */
const pieces = (text: string): string[] =>
  text.match(new RegExp(`.{1,${INTERACTIVE_DATA_CHARS}}`, "gsu")) ?? [];

/** Connects an attempt with its client. Throws where that cannot be; `onLost` is called when the client has gone. */
export const openLink = async (
  joinUrl: string,
  request: AttemptRequest,
  onLost: () => void,
): Promise<InteractiveLink> => {
  const socket = await openPatiently(joinUrl, request);
  let isClosed = false;
  const link: InteractiveLink = {
    send: (frame) => {
      if (socket.readyState !== WebSocket.OPEN) return;
      const frames = frame.type === "data" ? pieces(frame.data).map((data) => ({ ...frame, data })) : [frame];
      for (const one of frames) {
        socket.send(JSON.stringify(one), () => {
          if (!link.isFull()) link.onDrained();
        });
      }
    },
    compiled: ({ output, exitCode: code, signal, status }) => {
      if (output !== "") link.send({ type: "data", stream: "stderr", data: output });
      const isKilled = status !== "ok" && status !== "error";
      const end = isKilled ? { code: null, signal: "SIGKILL" } : { code, signal };
      link.send({ type: "exit", stage: "compile", ...end });
    },
    isFull: () => socket.bufferedAmount > UNSENT_BYTES,
    onDrained: () => undefined,
    onFrame: () => undefined,
    close: (code) => {
      isClosed = true;
      socket.close(code, code === INTERACTIVE_CLOSE.done ? "the end" : "no program");
    },
  };
  socket.on("message", (data) => {
    const frame = parse(data);
    if (frame !== null) link.onFrame(frame);
  });
  const lost = (): void => {
    if (!isClosed) onLost();
    isClosed = true;
  };
  socket.on("error", lost);
  socket.on("close", lost);
  return link;
};
