import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createOriginCheck } from "../../executor/storage-origins.ts";
import type { SeenAttempt } from "./support/fake-worker.ts";
import { fileInput, type JobOptions, makeRequest, resultOf, send } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

const CONTENT = "not yours";

/** Something that listens on this machine; it counts who comes. */
const listen = async (answer: (request: IncomingMessage) => { status: number; location?: string }) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const { status, location } = answer(request);
    request.resume();
    response.writeHead(status, location === undefined ? {} : { location }).end(CONTENT);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { seen, server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const forbidden = await listen(() => ({ status: 200 }));
const storage = await listen(() => ({ status: 302, location: `${forbidden.origin}/secret` }));
afterAll(() => {
  for (const { server } of [forbidden, storage]) server.close();
});

const at = (url: string) => ({ kind: "url" as const, url, sizeBytes: CONTENT.length });
const infrastructure = { reason: "infrastructure", exitCode: null, outputs: [], wallTimeMs: 0 };

describe("an executor that was told where files lie", () => {
  const { executor, worker } = withExecutor({ env: { EXECUTOR_STORAGE_ORIGINS: storage.origin } });
  const run = async (source: string, options: JobOptions = {}, change?: (attempt: SeenAttempt) => void) => {
    const attempt = worker().open();
    change?.(attempt);
    await send(executor(), makeRequest(attempt, source, options));
    return resultOf(attempt);
  };
  afterEach(() => expect(forbidden.seen).toEqual([]));

  it.each<[string, () => JobOptions]>([
    ["an input file", () => ({ inputs: [{ kind: "file", path: "x", blob: at(`${forbidden.origin}/x`) }] })],
    [
      "an archive",
      () => ({ inputs: [{ kind: "tar", stripComponents: 0, blob: at(`${forbidden.origin}/x`) }] }),
    ],
    ["standard input", () => ({ stdin: at(`${forbidden.origin}/x`) })],
    [
      "one input of several",
      () => ({
        inputs: [
          fileInput("main.py", "print(1)"),
          { kind: "file", path: "x", blob: at(`${forbidden.origin}/x`) },
        ],
      }),
    ],
  ])("fetches %s from nowhere else, and says so", async (_what, options) => {
    const { finished, stdout } = await run("print(1)", options());
    expect(finished).toMatchObject(infrastructure);
    expect(finished.message).toContain("EXECUTOR_STORAGE_ORIGINS");
    expect(stdout).toBe("");
  });

  it("follows no redirect from there to elsewhere", async () => {
    const { finished } = await run("print(1)", {
      inputs: [{ kind: "file", path: "main.py", blob: at(`${storage.origin}/main.py`) }],
    });
    expect(finished).toMatchObject({ reason: "infrastructure", message: "An input could not be fetched." });
    expect(storage.seen).toEqual(["GET /main.py"]);
  });

  it("stores outputs nowhere else", async () => {
    const { finished } = await run("open('out', 'w').write('x')", {}, (attempt) => {
      attempt.uploadOrigin = forbidden.origin;
    });
    expect(finished).toMatchObject({
      reason: "infrastructure",
      outputs: [],
      message: "The outputs could not be stored.",
    });
  });

  it("fetches from the service that it reports to", async () => {
    const url = worker().offer(Buffer.from("print(6 * 7)"));
    const { stdout } = await run("", {
      inputs: [{ kind: "file", path: "main.py", blob: { kind: "url", url, sizeBytes: 12 } }],
    });
    expect(stdout).toBe("42\n");
  });
});

describe("the origins of files", () => {
  const isAllowed = createOriginCheck("https://runs.example.com/base", [
    "https://*.r2.cloudflarestorage.com",
    "http://127.0.0.1:9000",
  ]);

  it.each([
    "https://runs.example.com/x",
    "https://abc.r2.cloudflarestorage.com/bucket/key?X-Amz-Signature=1",
    "https://abc.eu.r2.cloudflarestorage.com/bucket/key",
    "http://127.0.0.1:9000/bucket",
  ])("hold %s", (address) => expect(isAllowed(address)).toBe(true));

  it.each([
    "http://runs.example.com/x",
    "https://runs.example.com:8443/x",
    "https://runs.example.com.evil.test/x",
    "https://runs.example.com@evil.test/x",
    "https://evil.test/#.r2.cloudflarestorage.com",
    "https://evilr2.cloudflarestorage.com/",
    "https://r2.cloudflarestorage.com/",
    "http://abc.r2.cloudflarestorage.com/",
    "https://abc.r2.cloudflarestorage.com:8443/",
    "http://127.0.0.1:9001/bucket",
    "http://localhost:9000/bucket",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]:9000/",
  ])("do not hold %s", (address) => expect(isAllowed(address)).toBe(false));
});
