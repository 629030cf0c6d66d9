import { readFileSync } from "node:fs";
import { localState } from "../../scripts/lib/local.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { type Running, readRunning } from "../../scripts/lib/running-file.ts";
import { optionsOf } from "../../scripts/lib/usage.ts";
import { type Server, startServer } from "../e2e/support/server.ts";
import { table } from "./lib/figures.ts";
import { type Heap, heapsAt } from "./lib/heaps.ts";
import { childNamed } from "./lib/processes.ts";
import { clientOf, lifted } from "./lib/service.ts";

const usage = `Usage: node test/bench/load.ts [--runs N] [--typed N] [--workloads N] [--heaps] [--state DIR --inspect PORT]

Puts N small runs (10000), typed jobs (2000) and workloads (200) through a local service, eight at once, and shows
what its processes hold in memory meanwhile. A job that does not succeed ends it. --heaps also shows what lives in
each isolate of the runtime before and after. With --state it uses the service that runs on DIR, and leaves it running.`;

const CLIENTS = 8;
const SAMPLES = 10;
const MIB = 1_048_576;
const CHECKSUM = "/files/checksum/sha256";

const values = optionsOf(usage, {
  runs: { type: "string", default: "10000" },
  typed: { type: "string", default: "2000" },
  workloads: { type: "string", default: "200" },
  heaps: { type: "boolean", default: false },
  state: { type: "string" },
  inspect: { type: "string" },
});

/** Resident memory of a process, in MiB. */
const residentMib = (pid: number): number => {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return Math.round((pages * 4_096) / MIB);
};

const answered = async <T>(url: string, init: RequestInit = {}): Promise<T> => {
  const response = await fetch(url, init);
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${body.slice(0, 200)}`);
  return JSON.parse(body) as T;
};
const sent = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

type Service = Pick<Server, "url">;

const run = async (server: Service): Promise<void> => {
  const client = clientOf(server);
  const { job_id: id } = await client.submit({ code: "echo hello", interpreter: "bash" });
  const { status } = await client.wait(id);
  if (status !== "completed") throw new Error(`run ${id} ended as ${status}`);
};

const typedJob = async ({ url }: Service): Promise<void> => {
  const request = sent("POST", { image_url: "https://example.com/a.png" });
  const { job_id: id } = await answered<{ job_id: string }>(`${url}/jobs`, request);
  const captions = [{ text: "a sandpiper", confidence: 1 }];
  await answered(`${url}/jobs/${id}`, sent("PUT", { captions, result_count: 1 }));
};

const workload = async ({ url }: Service): Promise<void> => {
  type Answer = { data: { job_id: string; status: string; url: string } };
  const { data } = await answered<Answer>(`${url}${CHECKSUM}`, sent("POST", {}));
  const put = { method: "PUT", headers: { "content-type": "text/plain" }, body: "x".repeat(10_000) };
  const upload = await fetch(data.url, put);
  if (!upload.ok) throw new Error(`an upload was answered with ${upload.status}`);
  await answered(`${url}${CHECKSUM}/${data.job_id}/complete`, sent("POST", {}));
  const waiting = { headers: { prefer: "wait=60" } };
  const ended = await answered<Answer>(`${url}${CHECKSUM}/${data.job_id}`, waiting);
  if (ended.data.status !== "succeeded") throw new Error(`a workload ended as ${ended.data.status}`);
};

type Process = { readonly name: string; readonly pid: number };

/** Makes so many, eight at once, and a row of the table at every tenth. */
const phase = async (
  server: Service,
  { name, count, make }: { name: string; count: number; make: (server: Service) => Promise<void> },
  processes: readonly Process[],
): Promise<string[][]> => {
  const rows: string[][] = [];
  const startedAtMs = performance.now();
  let begun = 0;
  let ended = 0;
  const every = Math.max(1, Math.floor(count / SAMPLES));
  const keepGoing = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await make(server);
      ended += 1;
      if (ended % every !== 0) continue;
      const rate = (ended * 1_000) / (performance.now() - startedAtMs);
      const row = [
        name,
        String(ended),
        rate.toFixed(1),
        ...processes.map(({ pid }) => String(residentMib(pid))),
      ];
      process.stderr.write(`${row.join("  ")}\n`);
      rows.push(row);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, keepGoing));
  return rows;
};

const heapTable = (before: readonly Heap[], after: readonly Heap[]): string => {
  const kib = (bytes: number): string => String(Math.round(bytes / 1_024));
  const rows = after.map(({ isolate, usedBytes, backingBytes }) => {
    const first = before.find((heap) => heap.isolate === isolate);
    const was = first === undefined ? ["", ""] : [kib(first.usedBytes), kib(first.backingBytes)];
    return [isolate, was[0] ?? "", kib(usedBytes), was[1] ?? "", kib(backingBytes)];
  });
  return table(["isolate, KiB", "objects before", "after", "buffers before", "after"], rows);
};

const load = async (server: Service, running: Running, inspectPort: number | null): Promise<void> => {
  const { pid, executorPid } = running;
  const processes = [
    { name: "runtime, MiB", pid: childNamed(pid, "workerd") },
    { name: "npm start, MiB", pid },
    { name: "executor, MiB", pid: executorPid },
  ];
  const heaps = async (): Promise<Heap[]> => (inspectPort === null ? [] : heapsAt(inspectPort));
  const before = await heaps();
  const rows: string[][] = [];
  for (const [name, count, make] of [
    ["runs", values.runs, run],
    ["typed jobs", values.typed, typedJob],
    ["workloads", values.workloads, workload],
  ] as const) {
    rows.push(...(await phase(server, { name, count: Number(count), make }, processes)));
  }
  const heading = ["jobs", "ended", "a second", ...processes.map(({ name }) => name)];
  process.stdout.write(`${table(heading, rows)}\n`);
  if (inspectPort !== null) process.stdout.write(`\n${heapTable(before, await heaps())}\n`);
};

const onRunning = async (stateDir: string): Promise<void> => {
  const running = readRunning(localState(stateDir));
  if (running === null) throw new Error(`no service runs on ${stateDir}`);
  await load(running, running, values.heaps ? Number(values.inspect) : null);
};

const onOwn = async (): Promise<void> => {
  const inspectPort = values.heaps ? await freePort() : null;
  const server = await startServer({ vars: lifted, ...(inspectPort === null ? {} : { inspectPort }) });
  try {
    await load(server, await server.running(), inspectPort);
  } finally {
    await server.stop();
  }
};

await (values.state === undefined ? onOwn() : onRunning(values.state));
process.exit();
