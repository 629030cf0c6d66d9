import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { report, reportRefused, uploadsRequest } from "../../src/wire/report.ts";
import { type Described, type DescribedOperation, describedAt, misfitOf } from "./support/described.ts";
import { callsOf, type FuzzCall, type Known } from "./support/fuzz-calls.ts";
import { keyFor, OPERATOR_TOKEN } from "./support/keys.ts";
import { nonsense, tell } from "./support/raw-nonsense.ts";
import { type Server, startServer } from "./support/server.ts";
import { untouchedBody } from "./support/try-it-out.ts";

const requests = inject("fuzzRequests");
const seed = inject("fuzzSeed");
/** So many requests are under way at once. */
const AT_ONCE = 8;
/** A wait is at most one second; whatever takes longer than this hangs. */
const HANGS_MS = 60_000;

let server: Server;
let document: Described;
let known: Known;

const json = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> => {
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json");
  const response = await fetch(server.url + path, { ...init, headers });
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
};

const CODE =
  "import sys\nopen('out.txt','w').write('x')\nopen('данные.csv','w').write('1')\nprint('hi')\nprint('no', file=sys.stderr)";

const makeKnown = async (): Promise<Known> => {
  const key = await keyFor(server.url, "fuzz");
  const authorization = `Bearer ${key}`;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    json(path, { method: "POST", body: JSON.stringify(body), headers });
  const runs = await Promise.all(
    [{}, { expected_output: "hi\n", language: "python" }, { interpreter: "bash" }].map((more) =>
      post("/submit", { code: CODE, ...more }, { authorization, prefer: "wait=30" }),
    ),
  );
  const workloads = await Promise.all(
    ["/files/checksum/sha256", "/calculator/tax-pnl/securities"].map(async (path) => {
      const body = path.startsWith("/calc") ? { security_type: "foreign" } : {};
      const { data } = await post(path, body, { authorization });
      return String((data as { job_id: string }).job_id);
    }),
  );
  const operator = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const { details } = await post("/operator/keys", { owner: "another" }, operator);
  const { id } = details as { id: string };
  const ids = runs.map((run) => String(run.job_id));
  return {
    ids: {
      id: [...ids, id],
      job_id: workloads,
      ref: [...ids, ...workloads],
      attempt: ["x", "0".repeat(64), `${"a".repeat(64)}.${"b".repeat(32)}`, crypto.randomUUID()],
      path: ["out.txt", "%D0%B4%D0%B0%D0%BD%D0%BD%D1%8B%D0%B5.csv", "nothing", "a/b"],
      index: ["0", "1", "-1"],
    },
    // The last looks like an attempt's token.
    credentials: [authorization, `Bearer ${OPERATOR_TOKEN}`, `Bearer ${"t".repeat(43)}`],
  };
};

beforeAll(async () => {
  const vars = { RUN_MAX_PER_HOUR: "100000", RUN_CPU_SECONDS_PER_MINUTE: "100000", RATE_LIMITS: "false" };
  server = await startServer({ vars: { ...vars, OPERATOR_TOKEN } });
  document = await describedAt(server.url);
  known = await makeKnown();
}, 150_000);
afterAll(() => server.stop(), 60_000);

const send = async ({ operation, target, headers, body }: FuzzCall): Promise<[Response, string]> => {
  const { method } = operation;
  const sent = body === undefined || method === "GET" ? {} : { body };
  const signal = AbortSignal.timeout(HANGS_MS);
  const response = await fetch(server.url + target, { method, headers, ...sent, signal, redirect: "manual" });
  return [response, await response.text()];
};

/** A path whose parameter holds a slash, or nothing, may be another operation's, or nobody's. */
const mayBeElsewhere = ({ operation, target }: FuzzCall): boolean =>
  operation.path.split("/").length !== (target.split("?")[0] ?? "").split("/").length ||
  /%2f|%00|%ff|%(?![0-9a-f]{2})|;|\/\.\.?(?:\/|$|\?)|\/\//i.test(target);

/** What is wrong with the answer to a call, in one line; null where nothing is. */
const faultOf = async (call: FuzzCall): Promise<string | null> => {
  const { operation, target, body } = call;
  const asked = `${operation.method} ${target.slice(0, 200)} ${typeof body === "string" ? body.slice(0, 200) : ""}`;
  try {
    const [response, text] = await send(call);
    const said = `${asked}: ${response.status} ${text.slice(0, 300)}`;
    // That nothing can run is what this one is there to say.
    if (response.status >= 500 && operation.path !== "/readyz") return said;
    if (mayBeElsewhere(call)) return null;
    const misfit = misfitOf(document, operation, response, text);
    return misfit === null ? null : `${misfit}: ${said}`;
  } catch (error) {
    return `${asked}: ${String(error)}`;
  }
};

const SHOWN = 12;
const refusedContent = { "application/json": { schema: z.toJSONSchema(reportRefused) } };

const fuzz = async (operations: readonly DescribedOperation[]): Promise<void> => {
  const one = fc.oneof(...operations.map((operation) => callsOf(document, operation, known)));
  const calls = fc.sample(one, { numRuns: requests, seed });
  const faults = new Map<string, string>();
  const work = async (): Promise<void> => {
    for (let call = calls.pop(); call !== undefined; call = calls.pop()) {
      const fault = await faultOf(call);
      if (fault !== null) faults.set(`${call.operation.operationId} ${fault.slice(0, 24)}`, fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect([...faults.values()].slice(0, SHOWN)).toEqual([]);
};

/** What executors call; it stands in no description, because no client does. */
const executorOperations: readonly DescribedOperation[] = [
  ["POST", "events", report],
  ["POST", "uploads", uploadsRequest],
  ["GET", "", null],
].map(([method, name, schema]) => ({
  operationId: `executor ${String(name)}`,
  method: String(method),
  path: `/executor/attempts/{attempt}${name === "" ? "" : `/${String(name)}`}`,
  tags: [],
  parameters: [],
  ...(schema instanceof z.ZodType
    ? {
        requestBody: { content: { "application/json": { schema: z.toJSONSchema(schema, { io: "input" }) } } },
      }
    : {}),
  responses: Object.fromEntries([400, 401, 409, 413].map((status) => [status, { content: refusedContent }])),
}));

/**
 * What the local runtime itself says of an address that is none (two hosts, a port above 65535), before the service
 * sees the request, and of a way of sending that it does not know. An error that the service throws has its stack.
 */
const OF_THE_RUNTIME =
  /^HTTP\/1\.1 (?:501 |500 Internal Server Error\r\nConnection: close\r\nContent-Length: 21\r\n)/;

const isFailure = (answer: string): boolean =>
  /^HTTP\/1\.1 5\d\d /.test(answer) && !OF_THE_RUNTIME.test(answer);

const tellNonsense = async (): Promise<void> => {
  const told = fc.sample(nonsense(String(known.ids.id?.[0])), { numRuns: requests, seed });
  const faults: string[] = [];
  const work = async (): Promise<void> => {
    for (let one = told.pop(); one !== undefined; one = told.pop()) {
      const answers = await tell(one, server.url);
      const failed = answers.split(/(?=^HTTP\/1\.1 )/m).find((answer) => isFailure(answer));
      if (failed !== undefined)
        faults.push(`${failed.slice(0, 300)}: ${Buffer.concat(one.pieces).toString("latin1").slice(0, 400)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  expect(faults.slice(0, SHOWN)).toEqual([]);
};

const tagged = (...tags: string[]) => document.operations.filter((one) => tags.includes(one.tags[0] ?? ""));

/** Where a path names something, what is there is put in. */
const filled = (path: string, there: ReadonlyMap<string, string>): string =>
  path.replaceAll(/^(.*?)\/\{(\w+)\}/g, (_all, before: string) => {
    const id = there.get(before);
    if (id === undefined) throw new Error(`nothing is known below ${before}`);
    return `${before}/${id}`;
  });

describe("the description's page", () => {
  test("tries every body out untouched, and is answered with success", async () => {
    const headersOf = (path: string) => ({
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "cf-connecting-ip": "192.0.2.9",
      ...(/^\/(operator|pool|metrics)/.test(path) ? { authorization: `Bearer ${OPERATOR_TOKEN}` } : {}),
    });
    const there = new Map([["/operator/keys", String(known.ids.id?.at(-1))]]);
    const failed: string[] = [];
    // A job that is claimed or completed is another than the first, so the first ends last.
    const order = (one: DescribedOperation): number => ["POST", "PATCH", "PUT"].indexOf(one.method);
    const bodied = document.operations.filter((one) => untouchedBody(document, one) !== null);
    for (const one of bodied.toSorted((a, b) => order(a) - order(b))) {
      const { method, path } = one;
      const body = JSON.stringify(untouchedBody(document, one));
      const response = await fetch(server.url + filled(path, there), {
        method,
        headers: headersOf(path),
        body,
      });
      const text = await response.text();
      if (!response.ok) failed.push(`${method} ${path} ${body}: ${response.status} ${text.slice(0, 200)}`);
      else if (path === "/jobs") there.set(path, String(JSON.parse(text).job_id));
    }
    expect(failed).toEqual([]);
  }, 120_000);
});

describe(`answers ${requests} generated requests as it describes itself, and without a 5xx`, () => {
  test("to the runs", () => fuzz(tagged("runs")), 600_000);
  test(
    "to the workloads",
    () => fuzz(tagged("files/checksum/sha256", "calculator/tax-pnl/securities")),
    600_000,
  );
  test("to the doors of other services' clients", () => fuzz(tagged("judge0", "piston", "agents")), 600_000);
  test("to the face of executors", () => fuzz(executorOperations), 600_000);
  test("and as much nonsense over TCP", tellNonsense, 600_000);
  // Last, because the operator may put the service out of work.
  test("to the operator and the pool", () => fuzz(tagged("operator")), 600_000);
  test("and is whole afterwards", async () => {
    const off = {
      method: "POST",
      body: '{"on":false}',
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    };
    await json("/operator/maintenance", off);
    expect(await json("/health")).toMatchObject({ status: "healthy" });
  });
});
