import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type Account, newAccount } from "./account.ts";
import { type Answer, type Asked, ok, refused } from "./answer.ts";
import { containerRoutes } from "./containers.ts";
import { scriptRoutes } from "./scripts.ts";
import { storageRoutes } from "./storage.ts";

export type Fault = "500" | "429" | "timeout" | "cut";
export type Handle = (asked: Asked) => Answer | Promise<Answer>;
export type Route = readonly [method: string, pattern: string, handle: Handle];

/** One request as it is recorded: ids of what was made are left out, so that two deploys compare. */
export type Recorded = { readonly call: string; readonly status: number };

export type ApiServer = AsyncDisposable & {
  readonly account: Account;
  /** For CLOUDFLARE_API_BASE_URL. */
  readonly baseUrl: string;
  readonly requests: Recorded[];
  /** Answers the next calls of this name with the fault, `times` of them. */
  fault(call: string, fault: Fault, times?: number): void;
  /** What happens at each call, before it is answered. */
  onCall: (call: string) => void;
  /** Takes away the faults that were laid and not met. */
  clearFaults(): void;
};

const matcher = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll("*", "([^/]+)")}$`);

const accountRoutes = (account: Account): readonly Route[] => [
  [
    "GET",
    "/subscriptions",
    () =>
      ok(
        account.paid
          ? [{ id: "s", rate_plan: { id: "workers_paid", public_name: "Workers Paid" }, state: "Paid" }]
          : [],
      ),
  ],
  // The assets of an older kind of Worker, which wrangler looks for before it deletes one.
  ["GET", "/storage/kv/namespaces", () => ok([])],
  ...(scriptRoutes(account) as readonly Route[]),
  ...(storageRoutes(account) as readonly Route[]),
  ...(containerRoutes(account) as readonly Route[]),
];

const globalRoutes = (account: Account): readonly Route[] => [
  ["GET", "/user/tokens/verify", () => ok({ id: "t", status: "active" })],
  ["GET", "/user", () => ok({ email: "someone@example.com" })],
  ["GET", "/accounts", () => ok([{ id: account.id, name: "Birds" }])],
  ["GET", "/memberships", () => ok([{ id: "m", account: { id: account.id, name: "Birds" }, roles: [] }])],
];

const answerFault = (fault: Fault, request: IncomingMessage, response: ServerResponse): void => {
  if (fault === "cut") {
    request.socket.destroy();
    return;
  }
  // A peer that waits for longer than it has patience for sees its own end of the connection close.
  if (fault === "timeout") {
    setTimeout(() => request.socket.destroy(), 300);
    return;
  }
  const { body } =
    fault === "429"
      ? refused(429, 971, "Please wait and consider throttling your request speed")
      : refused(500, 10_001, "Internal error");
  response.writeHead(Number(fault), { "content-type": "application/json" }).end(JSON.stringify(body));
};

/** An account of the platform behind a real HTTP server on loopback: it keeps state, records, and fails when told. */
export const startApi = async (account: Account = newAccount()): Promise<ApiServer> => {
  const prefix = "/client/v4";
  const own = `${prefix}/accounts/${account.id}`;
  const routes = [
    ...accountRoutes(account).map(([method, pattern, handle]) => ({
      method,
      name: pattern,
      at: matcher(own + pattern),
      handle,
    })),
    ...globalRoutes(account).map(([method, pattern, handle]) => ({
      method,
      name: pattern,
      at: matcher(prefix + pattern),
      handle,
    })),
  ];
  const requests: Recorded[] = [];
  const faults = new Map<string, Fault[]>();
  const api = { onCall: (_call: string): void => undefined };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const body = await buffer(request);
    const route = routes.find(({ method, at }) => method === request.method && at.test(url.pathname));
    const call = `${request.method} ${route?.name ?? url.pathname}`;
    api.onCall(call);
    const fault = faults.get(call)?.shift();
    if (fault !== undefined) {
      requests.push({ call, status: 0 });
      answerFault(fault, request, response);
      return;
    }
    const params = (route?.at.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent);
    const authorized =
      request.headers.authorization === "Bearer test-token" || call.includes("/workers/assets/upload");
    const answer = !authorized
      ? refused(401, 10_000, "Authentication error")
      : await (route?.handle({
          params,
          query: url.searchParams,
          body,
          contentType: request.headers["content-type"] ?? "",
          jurisdiction: String(request.headers["cf-r2-jurisdiction"] ?? ""),
        }) ?? refused(404, 7003, `no route for ${call}`));
    requests.push({ call, status: answer.status });
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(answer.body));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(599).end(String(error));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    account,
    baseUrl: `http://127.0.0.1:${port}${prefix}`,
    requests,
    fault: (call, fault, times = 1) =>
      void faults.set(
        call,
        Array.from({ length: times }, () => fault),
      ),
    get onCall() {
      return api.onCall;
    },
    set onCall(next) {
      api.onCall = next;
    },
    clearFaults: () => faults.clear(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
