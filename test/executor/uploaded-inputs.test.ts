import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import type { Input } from "../../src/wire/attempt.ts";
import { fileInput, makeRequest, resultOf, send } from "./support/jobs.ts";
import { withExecutor } from "./support/levels.ts";

const MIB = 1_048_576;
const CHUNKS = 150;
const chunk = Buffer.alloc(MIB, "sandpiper\n");
const ETAG = "5d41402abc4b2a76b9719d911017c592";

/** A bucket with one object of 150 MiB, which it hands out only to who names its ETag, or none. */
const startBucket = (): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const wanted = request.headers["if-match"];
      if (wanted !== undefined && wanted !== `"${ETAG}"`) return response.writeHead(412).end();
      response.writeHead(200, { "content-length": CHUNKS * MIB });
      const send = (left: number): void => {
        for (let rest = left; rest > 0; rest -= 1) {
          if (!response.write(chunk)) {
            response.once("drain", () => send(rest - 1));
            return;
          }
        }
        response.end();
      };
      send(CHUNKS);
    });
    server.listen(0, "127.0.0.1", () => resolve(server));
  });

const source = `
import hashlib, os
path = "inputs/big.bin"
digest = hashlib.sha256()
with open(path, "rb") as file:
    while piece := file.read(1 << 20):
        digest.update(piece)
print(os.path.getsize(path), digest.hexdigest())
`;

const expected = (): string => {
  const hash = createHash("sha256");
  for (let count = 0; count < CHUNKS; count += 1) hash.update(chunk);
  return `${CHUNKS * MIB} ${hash.digest("hex")}\n`;
};

const bucket = await startBucket();
afterAll(() => bucket.close());
const bucketOrigin = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`;

describe("an uploaded input", () => {
  const { executor, worker } = withExecutor({ env: { EXECUTOR_STORAGE_ORIGINS: bucketOrigin } });

  const run = async (etag: string) => {
    const attempt = worker().open();
    const { port } = bucket.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/big.bin`;
    const big: Input = {
      kind: "file",
      path: "inputs/big.bin",
      blob: { kind: "url", url, sizeBytes: CHUNKS * MIB, etag },
    };
    const limits = {
      workspaceBytes: (CHUNKS + 10) * MIB,
      memoryBytes: (CHUNKS + 256) * MIB,
      timeoutMs: 80_000,
    };
    const options = { inputs: [fileInput("main.py", source), big], limits };
    await send(executor(), makeRequest(attempt, source, options));
    return resultOf(attempt);
  };

  it("that is larger than a submission may be streams into the sandbox", async () => {
    const { finished, stdout } = await run(ETAG);
    expect(finished).toMatchObject({ reason: "exit", exitCode: 0 });
    expect(stdout).toBe(expected());
  }, 90_000);

  it("that was replaced since the job began fails the attempt, which says so", async () => {
    const { finished } = await run("another");
    expect(finished).toMatchObject({
      reason: "bad_input",
      message: "An input was changed after processing began.",
    });
  });
});
