import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the receiver that tests send webhooks to. */
    receiverUrl: string;
  }
}

type Step = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly does?: "hang" | "reset";
};
type Box = { steps: Step[]; readonly received: unknown[] };

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
};

/** The plan's last step stays; without a plan everything is accepted. */
const stepOf = (box: Box): Step => (box.steps.length > 1 ? box.steps.shift() : box.steps[0]) ?? {};

const carryOut = ({ status = 204, headers = {}, does }: Step, response: ServerResponse): void => {
  if (does === "hang") return;
  if (does === "reset") response.socket?.destroy();
  else response.writeHead(status, headers).end();
};

/**
 * A receiver over real HTTP. `PUT /plan/<box>` says how `POST /hook/<box>` answers, one step after the
 * other, and `GET /received/<box>` shows what came.
 */
export default async (project: TestProject): Promise<() => void> => {
  const boxes = new Map<string, Box>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, kind, name = ""] = (request.url ?? "").split("/");
    const box: Box = boxes.get(name) ?? { steps: [], received: [] };
    boxes.set(name, box);
    const body = await bodyOf(request);
    if (kind === "hook") {
      box.received.push({ method: request.method, headers: request.headers, body });
      return carryOut(stepOf(box), response);
    }
    if (kind === "plan") box.steps = JSON.parse(body);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(box.received));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  project.provide("receiverUrl", `http://127.0.0.1:${port}`);
  return () => {
    server.close();
    server.closeAllConnections();
  };
};
