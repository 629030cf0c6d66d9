import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { host } from "../../scripts/lib/local.ts";
import { fromExecutor, JOIN_HEADERS, toExecutor } from "../../src/wire/pool.ts";
import { report } from "../../src/wire/report.ts";

/** Where an attempt is, as it shows between an executor and the service. */
export const PHASES = ["accepted", "inputs", "running", "uploading", "last report", "reported"] as const;
export type Phase = (typeof PHASES)[number];

/** Told of each phase as it is reached; what it answers holds the message up. */
export type OnPhase = (phase: Phase, key: string) => Promise<void> | void;

export type Gateway = {
  readonly url: string;
  /** Where requests go from now on; null while the service is gone. */
  lead(upstream: string | null): void;
  /** Reports are dropped on their way while this is true. */
  loseReports(isLost: boolean): void;
  stop(): void;
};

const ATTEMPT = /^\/executor\/attempts\/([^/]+)\/(events|uploads)$/;
const STORED = /\/jobs\/([0-9a-f]{64})\/(inputs\.tar|uploads\/|outputs\/)/;

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** Which phase a report shows, if any. */
const phaseOf = (body: Buffer): Phase | null => {
  const parsed = report.safeParse(JSON.parse(body.toString()));
  if (!parsed.success) return null;
  const types = parsed.data.events.map(({ type }) => type);
  if (types.includes("finished")) return "last report";
  return types.includes("log") ? "running" : null;
};

/**
 * Everything that clients and executors say to the service passes here, storage included, so that the
 * service may move, and each phase of an attempt is seen while it lasts.
 */
export const startGateway = async (onPhase: OnPhase): Promise<Gateway> => {
  let upstream: URL | null = null;
  let losesReports = false;
  /** The executors' keys by their attempts, and by the objects of jobs that they took last. */
  const takers = new Map<string, string>();

  const open = (from: IncomingMessage) => {
    if (upstream === null) return null;
    const { hostname, port } = upstream;
    // The host stays: executors sign it, and so do the bucket's URLs.
    return request({ hostname, port, method: from.method, path: from.url, headers: from.headers });
  };
  const passOn = (
    from: IncomingMessage,
    answer: ServerResponse,
    { body, onAnswered }: { body?: Buffer; onAnswered?: () => Promise<void> | void } = {},
  ): void => {
    const to = open(from);
    if (to === null) {
      answer.destroy();
      return;
    }
    to.on("error", () => answer.destroy());
    from.on("error", () => to.destroy());
    answer.on("close", () => to.destroy());
    to.on("response", (response) => {
      const send = (): void => {
        answer.writeHead(response.statusCode ?? 502, response.headers as OutgoingHttpHeaders);
        response.pipe(answer);
      };
      response.on("error", () => answer.destroy());
      void Promise.resolve(onAnswered?.()).then(send);
    });
    if (body === undefined) from.pipe(to);
    else to.end(body);
  };

  const reported = async (from: IncomingMessage, answer: ServerResponse, attempt: string): Promise<void> => {
    const body = await bodyOf(from);
    const key = takers.get(attempt);
    const phase = phaseOf(body);
    if (losesReports) {
      answer.destroy();
      return;
    }
    if (key === undefined || phase === null) {
      passOn(from, answer, { body });
      return;
    }
    await onPhase(phase, key);
    if (answer.destroyed) return;
    passOn(from, answer, {
      body,
      ...(phase === "last report" && { onAnswered: () => onPhase("reported", key) }),
    });
  };

  const stored = (from: IncomingMessage, answer: ServerResponse, objectId: string, what: string): void => {
    const key = takers.get(objectId);
    const phase = from.method === "PUT" && what === "outputs/" ? "uploading" : "inputs";
    if (key !== undefined && phase === "uploading") from.once("data", () => void onPhase(phase, key));
    if (key !== undefined && from.method === "GET") answer.once("finish", () => void onPhase(phase, key));
    passOn(from, answer);
  };

  const server = createServer((from, answer) => {
    const { pathname } = new URL(from.url ?? "/", "http://gateway");
    const [, attempt, route] = ATTEMPT.exec(pathname) ?? [];
    const [, objectId, what = ""] = STORED.exec(pathname) ?? [];
    if (attempt !== undefined && route === "events") {
      reported(from, answer, decodeURIComponent(attempt)).catch(() => answer.destroy());
    } else if (attempt !== undefined && losesReports) answer.destroy();
    else if (objectId !== undefined) stored(from, answer, objectId, what);
    else passOn(from, answer);
  });
  const heard = (key: string, text: string): void => {
    const message = fromExecutor.safeParse(JSON.parse(text));
    if (message.data?.type === "accepted") void onPhase("accepted", key);
  };
  const told = (key: string, text: string): void => {
    const message = toExecutor.safeParse(JSON.parse(text));
    if (message.data?.type !== "offer") return;
    const id = message.data.attempt?.attemptId ?? message.data.reference?.attempt_id ?? "";
    takers.set(id, key).set(id.split(".")[0] ?? "", key);
  };
  const sockets = new WebSocketServer({ noServer: true });
  const bridge = (from: IncomingMessage, own: Duplex, head: Buffer): void => {
    if (upstream === null) {
      own.destroy();
      return;
    }
    const names = Object.entries(from.headers).filter(([name]) => /^(x-|user-agent|host)/.test(name));
    const address = new URL(from.url ?? "/", upstream);
    address.protocol = "ws:";
    const there = new WebSocket(address, { headers: Object.fromEntries(names) as Record<string, string> });
    const key = String(from.headers[JOIN_HEADERS.key] ?? "");
    own.on("error", () => there.terminate());
    there.on("error", () => own.destroy());
    there.once("unexpected-response", () => own.destroy());
    there.once("open", () => {
      sockets.handleUpgrade(from, own, head, (here) => {
        const pass =
          (to: WebSocket, see: (key: string, text: string) => void) =>
          (data: RawData, isBinary: boolean): void => {
            to.send(data, { binary: isBinary });
            see(key, String(data as Buffer));
          };
        here.on("message", pass(there, heard));
        here.on("close", () => there.terminate());
        here.on("error", () => there.terminate());
        there.on("close", () => here.terminate());
        for (const [data, isBinary] of early) pass(here, told)(data, isBinary);
        there.removeListener("message", keep).on("message", pass(here, told));
      });
    });
    const early: [RawData, boolean][] = [];
    const keep = (data: RawData, isBinary: boolean): void => void early.push([data, isBinary]);
    there.on("message", keep);
  };
  server.on("upgrade", bridge);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    lead: (to) => {
      upstream = to === null ? null : new URL(to);
      if (to === null) server.closeAllConnections();
    },
    loseReports: (isLost) => {
      losesReports = isLost;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
