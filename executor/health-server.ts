import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutorHealth } from "../src/wire/attempt.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares hashes, so that neither length nor content shows in the time it takes. */
const isAuthorized = (given: string | undefined, token: string | null): boolean =>
  token === null || timingSafeEqual(digest(given ?? ""), digest(`Bearer ${token}`));

/**
 * Answers `GET /health` and nothing else, for whoever watches over this process; with a token only to its
 * bearer. Settles when it listens.
 */
export const serveHealth = (
  address: { readonly host: string; readonly port: number },
  token: string | null,
  health: () => ExecutorHealth,
): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    request.resume();
    if (request.url !== "/health") return answer(404, { error: { code: "not_found" } });
    if (!isAuthorized(request.headers.authorization, token)) {
      return answer(401, { error: { code: "unauthorized" } });
    }
    return answer(200, health());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, () =>
      resolve({ server, port: (server.address() as AddressInfo).port }),
    );
  });
};
