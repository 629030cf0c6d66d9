import { mkdtempSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { generateKeyFile } from "../../executor/identity.ts";
import { postJson } from "../../executor/post-json.ts";
import { createReportClient } from "../../executor/report-client.ts";

const TIMEOUT_MS = 300;
const PATIENT_MS = 10_000;
const servers: { server: Server; sockets: Set<Socket> }[] = [];

/** A server that answers any request with these bytes; it closes the connection only if it is to. */
const answerWith = async (bytes: string, closes = false): Promise<string> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      if (closes) socket.end(bytes);
      else socket.write(bytes);
    });
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
};

afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

const post = (url: string, timeoutMs = TIMEOUT_MS) =>
  postJson(url, Buffer.from('{"n":1}'), { headers: {}, timeoutMs });

describe("a message", () => {
  it("is answered with the status and the JSON that came", async () => {
    const url = await answerWith('HTTP/1.1 409 Conflict\r\nContent-Length: 7\r\n\r\n{"a":1}');
    expect(await post(url, PATIENT_MS)).toEqual({ status: 409, body: { a: 1 } });
  });

  it("has no body in its answer where that is not JSON", async () => {
    const url = await answerWith("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html");
    expect(await post(url, PATIENT_MS)).toEqual({ status: 200, body: undefined });
  });

  it.each([
    ["nothing comes", "", false],
    ["the body never ends", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", false],
    [
      "the protocol is switched",
      "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      false,
    ],
  ])("is given up in time when %s", async (_, bytes, closes) => {
    expect(await post(await answerWith(bytes, closes))).toBeNull();
  });

  it.each([
    ["the connection closes at once", ""],
    ["the body breaks off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"],
    ["it is no HTTP", "SSH-2.0-x\r\n"],
  ])("is given up at once when %s", async (_, bytes) => {
    expect(await post(await answerWith(bytes, true), PATIENT_MS)).toBeNull();
  });

  it("is given up when nobody listens", async () => {
    expect(await post("http://127.0.0.1:1", PATIENT_MS)).toBeNull();
  });
});

it("a report that something redirects is sent again later", async () => {
  const url = await answerWith("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
  const identity = generateKeyFile(join(mkdtempSync(join(tmpdir(), "post-json-")), "key.pem"));
  const attempt = { attemptId: `${"a".repeat(64)}.${"b".repeat(32)}`, attemptToken: "t".repeat(43) };
  const answer = await createReportClient(url, attempt, identity).events([], {
    cpuSeconds: 0,
    memoryPeakBytes: 0,
  });
  expect(answer).toEqual({ kind: "unavailable", status: 302 });
});
