import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { createClient } from "../../src/client/index.ts";
import { type Server, startServer } from "./support/server.ts";

/** What was told of the jobs in the state that release 0.1.0 left when it was killed, with two runs at work. */
type Known = {
  readonly ended: string;
  readonly signedPayload: string;
  readonly sha256: string;
  readonly checksum: string;
  readonly waiting: string;
  readonly typed: { readonly completed: string; readonly processing: string; readonly queued: string };
  readonly running: readonly string[];
};

const fixture = (name: string): Buffer => readFileSync(path.join(root, "test/e2e/fixtures", name));
const known = JSON.parse(fixture("state-0.1.0.json").toString()) as Known;
const stateDir = mkdtempSync(path.join(tmpdir(), "sandpiper-upgrade-"));
let server: Server;

const json = async <T>(route: string, init: RequestInit = {}): Promise<T> => {
  const response = await fetch(`${server.url}${route}`, init);
  expect([route, response.status]).toEqual([route, expect.toBeOneOf([200, 202])]);
  return (await response.json()) as T;
};
const clientOf = () => createClient({ baseUrl: server.url });

beforeAll(async () => {
  const input = brotliDecompressSync(fixture("state-0.1.0.tar.br"));
  execFileSync("tar", ["-x", "-C", stateDir], { input });
  server = await startServer({ stateDir });
}, 120_000);

afterAll(async () => {
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
}, 60_000);

describe("state of release 0.1.0", () => {
  test("runs that were at work when it was killed are made again, and end", async () => {
    for (const id of known.running) {
      const status = await clientOf().wait(id, { signal: AbortSignal.timeout(120_000) });
      expect(status).toMatchObject({ status: "completed", exit_code: 0 });
      expect(await clientOf().text(id)).toMatch(/^(\w+) begins\n\1 ends\n$/);
    }
  }, 150_000);

  test("a run that had ended is told as it was, with its output", async () => {
    const status = await clientOf().status(known.ended);
    expect(status).toMatchObject({ status: "completed", attempts: 1 });
    expect(status.worker_metadata.signed_payload).toBe(known.signedPayload);
    expect(await clientOf().text(known.ended)).toBe("of the release before\n");
    const { body } = await clientOf().download(known.ended, "numbers.txt");
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(known.sha256);
  });

  test("workloads that had ended or wait are read and listed", async () => {
    type Job = { data: { status: string; outputs: { url: string }[] } };
    const { data } = await json<Job>(`/files/checksum/sha256/${known.checksum}`);
    expect(data.status).toBe("succeeded");
    const output = new URL(data.outputs[0]?.url ?? "");
    expect((await fetch(output)).status).toBe(200);
    const waiting = await json<Job>(`/calculator/tax-pnl/securities/${known.waiting}`);
    expect(["created", "expired"]).toContain(waiting.data.status);
  });

  test("typed jobs are listed, taken on and completed", async () => {
    const { Jobs } = await json<{ Jobs: { job_id: string; status: string }[] }>("/jobs");
    const { completed, processing, queued } = known.typed;
    const statuses = new Map(Jobs.map(({ job_id: id, status }) => [id, status]));
    expect([completed, processing, queued].map((id) => statuses.get(id))).toEqual([
      "completed",
      "processing",
      "queued",
    ]);
    const result = { captions: [{ text: "a dog", confidence: 0.5 }], result_count: 1 };
    for (const id of [processing, queued]) {
      const headers = { "content-type": "application/json" };
      const put = { method: "PUT", headers, body: JSON.stringify(result) };
      expect(await json(`/jobs/${id}`, put)).toMatchObject({ status: "completed", result_count: 1 });
    }
    expect(await json(`/jobs/${processing}`)).toMatchObject({ warnings: ["half way"] });
  });
});
