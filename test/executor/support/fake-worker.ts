import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { JOIN_HEADERS, REPORT_SIGNATURE_HEADER, reportText } from "../../../src/wire/pool.ts";
import {
  type AttemptEvent,
  type FinishedEvent,
  type ReportAccepted,
  type ReportRefused,
  report,
  uploadsRequest,
} from "../../../src/wire/report.ts";

import { type PoolSeat, takeSeat } from "./pool-seat.ts";

const GAP = 409;
/** An image that is tested joins at a port that was chosen before. */
const PORT = Number(process.env.IMAGE_JOIN_PORT ?? 0);

/** A refusal or a silence that a test wants instead of the usual answer. */
export type Interference =
  | { readonly status: number; readonly body: ReportRefused | null }
  | "hang-up"
  /** The request stays open and is never answered. */
  | "never";

/** What the Worker's side has seen of one attempt. */
export interface SeenAttempt {
  readonly id: string;
  readonly token: string;
  readonly events: AttemptEvent[];
  /** Number of events in each report that was accepted, and when it came. */
  readonly reports: { readonly atMs: number; readonly events: number; readonly cpuSeconds?: number }[];
  readonly stored: Map<string, Buffer>;
  /** Violations of the protocol; a test fails when there are any. */
  readonly complaints: string[];
  readonly finished: Promise<FinishedEvent>;
  cancel: boolean;
  /** Asked before every report. */
  interfere: (reportsSoFar: number) => Interference | null;
  /** Where the uploads are to go; null for this Worker's own address. */
  uploadOrigin: string | null;
  /** Status of the next PUTs; 200 when empty. */
  readonly putStatuses: number[];
  readonly finish: (event: FinishedEvent) => void;
}

export interface FakeWorker {
  readonly origin: string;
  open(): SeenAttempt;
  /** The executor of this name, when it has joined; a later start under the same name takes the seat over. */
  seatOf(name: string): Promise<PoolSeat>;
  /** Serves bytes at a URL, as a presigned GET would, after answering with these statuses first. */
  offer(bytes: Buffer, ...statuses: readonly number[]): string;
  close(): Promise<void>;
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** A status and a JSON body; null leaves the request without an answer. */
type Reply = { readonly status: number; readonly body: object | null } | null | "never";
const reply = (status: number, body: object | null = null): Reply => ({ status, body });

const refuse = (code: ReportRefused["error"]["code"], expected?: number): ReportRefused => ({
  error: { code, message: code, ...(expected === undefined ? {} : { expected }) },
});

/** Takes the events that are new; the number that was expected when there is a gap. */
const take = (attempt: SeenAttempt, events: readonly AttemptEvent[]): number | null => {
  for (const event of events) {
    const expected = attempt.events.length + 1;
    if (event.n > expected) return expected;
    if (event.n < expected) continue;
    if (attempt.events.at(-1)?.type === "finished") attempt.complaints.push("an event after finished");
    if (event.type === "started" && expected !== 1) attempt.complaints.push("started is not the first event");
    attempt.events.push(event);
    if (event.type === "finished") attempt.finish(event);
  }
  return null;
};

const handleEvents = (attempt: SeenAttempt, body: Buffer): Reply => {
  const interference = attempt.interfere(attempt.reports.length);
  if (interference !== null) return interference === "hang-up" ? null : interference;
  const parsed = report.safeParse(JSON.parse(body.toString()));
  if (!parsed.success) {
    attempt.complaints.push(`a report is invalid: ${parsed.error.message}`);
    return reply(400, refuse("invalid"));
  }
  const { events, cpuSeconds } = parsed.data;
  attempt.reports.push({
    atMs: Date.now(),
    events: events.length,
    ...(cpuSeconds !== undefined && { cpuSeconds }),
  });
  const expected = take(attempt, parsed.data.events);
  if (expected !== null) {
    attempt.complaints.push(`a gap before event ${expected}`);
    return reply(GAP, refuse("gap", expected));
  }
  const accepted: ReportAccepted = { acknowledged: attempt.events.length, cancel: attempt.cancel };
  return reply(200, accepted);
};

const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Whether a report without a result came, or one that a key of those that joined has signed. */
const isSigned = (id: string, headers: IncomingHttpHeaders, body: Buffer, keys: ReadonlySet<string>) => {
  if (!body.includes('"type":"finished"')) return true;
  const signature = Buffer.from(String(headers[REPORT_SIGNATURE_HEADER]), "base64");
  const text = Buffer.from(reportText(id, sha256(body)));
  return [...keys].some((key) => {
    const der = Buffer.concat([ED25519_PREFIX, Buffer.from(key, "base64")]);
    return verify(null, text, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  });
};

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** A service's pool, report routes, presigned PUTs and GETs on loopback, strict about the wire. */
const startHub = async (): Promise<FakeWorker> => {
  const seats = new Map<string, PromiseWithResolvers<PoolSeat>>();
  const keys = new Set<string>();
  const seatOf = (name: string): PromiseWithResolvers<PoolSeat> => {
    const seat = seats.get(name) ?? Promise.withResolvers<PoolSeat>();
    seats.set(name, seat);
    return seat;
  };
  const attempts = new Map<string, SeenAttempt>();
  const grants = new Map<string, { attempt: SeenAttempt; path: string; sha256: string; sizeBytes: number }>();
  const offers = new Map<string, { bytes: Buffer; statuses: number[] }>();
  let origin = "";

  const handleUploads = (attempt: SeenAttempt, body: Buffer): Reply => {
    const { files } = uploadsRequest.parse(JSON.parse(body.toString()));
    const uploads = files.map((file) => {
      const key = randomBytes(12).toString("hex");
      grants.set(key, { attempt, ...file });
      return { url: `${attempt.uploadOrigin ?? origin}/objects/${key}?signature=secret` };
    });
    return reply(200, { uploads });
  };
  const handlePut = (key: string, length: string | undefined, body: Buffer): Reply => {
    const grant = grants.get(key);
    if (grant === undefined) return reply(403);
    const { attempt, path } = grant;
    const status = attempt.putStatuses.shift() ?? 200;
    if (status !== 200) return reply(status);
    if (length !== String(grant.sizeBytes)) attempt.complaints.push("a PUT does not state its length");
    if (sha256(body) !== grant.sha256) attempt.complaints.push(`wrong content for ${path}`);
    attempt.stored.set(path, body);
    return reply(200);
  };
  const handleReport = (path: string, headers: IncomingHttpHeaders, body: Buffer): Reply => {
    const { authorization } = headers;
    const [, id = "", route] = /^\/executor\/attempts\/([^/]+)\/(events|uploads)$/.exec(path) ?? [];
    const attempt = attempts.get(id);
    if (attempt === undefined) return reply(404, refuse("invalid"));
    if (authorization !== `Bearer ${attempt.token}`) {
      attempt.complaints.push("a report without its token");
      return reply(401, refuse("unauthorized"));
    }
    if (route !== "events") return handleUploads(attempt, body);
    if (!isSigned(id, headers, body, keys)) attempt.complaints.push("a result that no key signed");
    return handleEvents(attempt, body);
  };

  const inFlight = new Map<string, number>();
  /** One report at a time: counted from a request's first byte to its answer's last. */
  const watch = (path: string, response: ServerResponse): void => {
    const id = /^\/executor\/attempts\/([^/]+)\/events$/.exec(path)?.[1];
    if (id === undefined) return;
    inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
    if (inFlight.get(id) !== 1) attempts.get(id)?.complaints.push("two reports at once");
    response.once("close", () => inFlight.set(id, (inFlight.get(id) ?? 1) - 1));
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? "/", "http://worker");
    const { "content-length": length } = request.headers;
    watch(pathname, response);
    const body = await readBody(request);
    if (request.method === "GET") {
      const offer = offers.get(pathname.replace("/offers/", ""));
      const status = offer === undefined ? 404 : (offer.statuses.shift() ?? 200);
      response.writeHead(status).end(status === 200 ? offer?.bytes : undefined);
      return;
    }
    const isPut = request.method === "PUT";
    const result = isPut
      ? handlePut(pathname.replace("/objects/", ""), length, body)
      : handleReport(pathname, request.headers, body);
    if (result === "never") return;
    if (result === null) response.destroy();
    else response.writeHead(result.status).end(result.body && JSON.stringify(result.body));
  };
  // A request that breaks off is the executor's to repeat.
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ server, path: "/pool/join" });
  sockets.on("connection", (socket, request) => {
    const key = String(request.headers[JOIN_HEADERS.key]);
    keys.add(key);
    void takeSeat(socket, key).then((seat) => {
      const { name } = seat.hello;
      seatOf(name).resolve(seat);
      // Whoever asks from now on gets the newest.
      seats.set(name, { ...seatOf(name), promise: Promise.resolve(seat) });
    });
  });
  await new Promise<void>((resolve) => server.listen(PORT, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  origin = `http://127.0.0.1:${address.port}`;

  return {
    origin,
    open: () => {
      const { promise, resolve } = Promise.withResolvers<FinishedEvent>();
      const attempt: SeenAttempt = {
        id: `${randomBytes(32).toString("hex")}.${randomBytes(16).toString("hex")}`,
        token: randomBytes(32).toString("base64url"),
        events: [],
        reports: [],
        stored: new Map(),
        complaints: [],
        finished: promise,
        cancel: false,
        interfere: () => null,
        uploadOrigin: null,
        putStatuses: [],
        finish: resolve,
      };
      attempts.set(attempt.id, attempt);
      return attempt;
    },
    seatOf: (name) => seatOf(name).promise,
    offer: (bytes, ...statuses) => {
      const key = randomBytes(12).toString("hex");
      offers.set(key, { bytes, statuses: [...statuses] });
      return `${origin}/offers/${key}?signature=secret`;
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** One for all executors and tests of a file, so that whatever was opened is reported to the service that was joined. */
let hub: Promise<FakeWorker> | null = null;
let users = 0;

/** The service of the tests in this file; it ends when everybody who started it has closed it. */
export const startFakeWorker = async (): Promise<FakeWorker> => {
  users += 1;
  hub ??= startHub();
  const worker = await hub;
  let isClosed = false;
  return {
    ...worker,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      users -= 1;
      if (users > 0) return;
      hub = null;
      await worker.close();
    },
  };
};
