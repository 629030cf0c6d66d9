import type { RunList, Usage } from "../wire/holder-answers.ts";
import type { LogRecord, RunLogs, RunOutputs, RunReport, RunStatus, Submitted } from "../wire/run-answers.ts";
import type { Environments, Health, Runtimes, Service, Stats } from "../wire/service-answers.ts";
import { follow, type LiveEvent, type LiveOptions } from "./live.ts";
import { eventSource } from "./live-events.ts";
import { type SocketConstructor, socketSource } from "./live-sockets.ts";
import type { RetryPolicy } from "./retry.ts";
import { type RunOptions, type RunResult, runToEnd } from "./run.ts";
import { encodeSubmission, type Submission } from "./submission.ts";
import { type CallOptions, createTransport, type FetchLike } from "./transport.ts";
import { type OnProgress, sendWithProgress } from "./upload.ts";
import { type WaitOptions, waitForEnd } from "./wait.ts";
import { type WorkloadClient, workloadClient } from "./workloads.ts";

export type ClientOptions = {
  /** The service's address, such as `https://sandpiper.example.com`. */
  readonly baseUrl: string;
  readonly fetch?: FetchLike;
  /** Logs come by Server-Sent Events where there is none, where it is null, and where sockets do not pass. */
  readonly WebSocket?: SocketConstructor | null;
  /** A key of the service, sent with every request to it. */
  readonly key?: string;
  /** Sent with every request to the service. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to repeat what was refused for now (429, 503) or lost; without it every call asks once. */
  readonly retry?: RetryPolicy;
};

export type SubmitOptions = CallOptions & {
  /** The same key with the same submission makes one run; a random one by default, so retries are safe. */
  readonly idempotencyKey?: string;
  readonly onProgress?: OnProgress;
};

export type StatusOptions = CallOptions & {
  /** Whole seconds, at most 60, for which the answer may wait for the run's end. */
  readonly waitSeconds?: number;
};

/** Instants are ISO 8601 texts, such as `2026-11-27T10:00:00Z`; `cursor` is `next` of the page before. */
export type RunsQuery = {
  readonly status?: RunStatus;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly cursor?: string;
};

export type Download = {
  readonly body: ReadableStream<Uint8Array>;
  /** Null where it is not known before the end. */
  readonly sizeBytes: number | null;
  readonly contentType: string;
};

/** The runs and workloads of a Sandpiper service; `JobsClient` has its typed jobs. Every method rejects with a SandpiperError, or with an abort's reason. */
export type Client = {
  /** Runs a program, waits for its end and answers what it printed and made. An abort leaves the run alone. */
  run(program: string | Submission, options?: RunOptions): Promise<RunResult>;
  submit(submission: Submission, options?: SubmitOptions): Promise<Submitted>;
  status(id: string, options?: StatusOptions): Promise<RunReport>;
  /** Answers the report of the ended run, however it ended. */
  wait(id: string, options?: WaitOptions): Promise<RunReport>;
  /** Kills the program of a queued or running run; an ended one stays as it is. */
  cancel(id: string, options?: CallOptions): Promise<RunReport>;
  /** The log, live and from its beginning, until the run ends. */
  logs(id: string, options?: LiveOptions): AsyncGenerator<LogRecord, void>;
  /** The log as in `logs`, with the changes of the run's state and its end. */
  events(id: string, options?: LiveOptions): AsyncGenerator<LiveEvent, void>;
  /** The log so far as plain text, both streams as they came. */
  text(id: string, options?: CallOptions): Promise<string>;
  /** The log so far, its streams apart. */
  printed(id: string, options?: CallOptions): Promise<RunLogs>;
  outputs(id: string, options?: CallOptions): Promise<RunOutputs>;
  download(id: string, path: string, options?: CallOptions): Promise<Download>;
  /** All files as a tar.gz. The service deletes the run when it has been read to its end. */
  downloadAll(id: string, options?: CallOptions): Promise<Download>;
  /** A page of the runs that the owner of the key made, newest first. */
  runs(query?: RunsQuery, options?: CallOptions): Promise<RunList>;
  /** Runs a program of the key's owner again, as a new run. */
  repeat(id: string, options?: Omit<SubmitOptions, "onProgress">): Promise<Submitted>;
  /** What the owner of the key used. */
  usage(options?: CallOptions): Promise<Usage>;
  stats(options?: CallOptions): Promise<Stats>;
  environments(options?: CallOptions): Promise<Environments>;
  runtimes(options?: CallOptions): Promise<Runtimes>;
  health(options?: CallOptions): Promise<Health>;
  service(options?: CallOptions): Promise<Service>;
  /** The upload-first jobs of one path, such as `calculator/tax-pnl/securities`. */
  workload<Params extends object = Record<string, unknown>>(path: string): WorkloadClient<Params>;
};

const downloadOf = (response: Response): Download => {
  const length = response.headers.get("content-length");
  return {
    body: response.body ?? new Blob([]).stream(),
    sizeBytes: length === null ? null : Number(length),
    contentType: response.headers.get("content-type") ?? "application/octet-stream",
  };
};

const encodedPath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

async function* recordsOf(events: AsyncGenerator<LiveEvent, void>): AsyncGenerator<LogRecord, void> {
  for await (const event of events) if ("data" in event) yield event;
}

/** A client of the service at `baseUrl`, for Node, browsers and Workers alike. */
export const createClient = (options: ClientOptions): Client => {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const fetch: FetchLike = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const Socket = options.WebSocket === undefined ? globalThis.WebSocket : options.WebSocket;
  const headers = {
    ...(options.key === undefined ? {} : { Authorization: `Bearer ${options.key}` }),
    ...options.headers,
  };
  const transport = createTransport({ baseUrl, fetch, headers, retry: options.retry });
  const { request, json } = transport;
  const at = (route: string, id: string, path = ""): string => `/${route}/${encodeURIComponent(id)}${path}`;

  const submit: Client["submit"] = (submission, { idempotencyKey, onProgress, ...call } = {}) => {
    const { body, contentType } = encodeSubmission(submission);
    const key = idempotencyKey ?? crypto.randomUUID();
    const headers = { "Content-Type": contentType, "Idempotency-Key": `"${key}"` };
    const send = onProgress === undefined ? {} : { send: sendWithProgress(fetch, onProgress) };
    return json({ ...call, ...send, method: "POST", path: "/submit", headers, body }, ["job_id", "status"]);
  };
  const repeat: Client["repeat"] = (id, { idempotencyKey, ...call } = {}) => {
    const headers = { "Idempotency-Key": `"${idempotencyKey ?? crypto.randomUUID()}"` };
    return json({ ...call, method: "POST", path: at("runs", id, "/repeat"), headers }, ["job_id", "status"]);
  };
  const status: Client["status"] = (id, { waitSeconds, ...call } = {}) => {
    const headers = waitSeconds === undefined ? {} : { Prefer: `wait=${waitSeconds}` };
    return json({ ...call, path: at("status", id), headers }, ["job_id", "status", "output_files"]);
  };
  const events: Client["events"] = (id, live = {}) =>
    follow(
      socketSource(Socket ?? undefined, baseUrl, at("logs", id, "/stream")),
      eventSource(transport, at("logs", id, "/events")),
      live,
    );
  const file = async (call: CallOptions, path: string): Promise<Download> =>
    downloadOf(await request({ ...call, path, headers: { Accept: "*/*" } }));

  const client: Client = {
    run: (program, run) => runToEnd(client, program, run),
    submit,
    status,
    wait: (id, wait = {}) => waitForEnd((ask) => status(id, ask), wait),
    cancel: (id, call) => json({ ...call, method: "POST", path: at("cancel", id) }, ["job_id", "status"]),
    logs: (id, live) => recordsOf(events(id, live)),
    events,
    text: async (id, call) => {
      const response = await request({ ...call, path: at("logs", id), headers: { Accept: "text/plain" } });
      return response.text();
    },
    printed: (id, call) => json({ ...call, path: at("logs", id) }, ["stdout", "stderr"]),
    outputs: (id, call) => json({ ...call, path: at("outputs", id) }, ["job_id", "outputs"]),
    download: (id, path, call = {}) => file(call, at("download", id, `/${encodedPath(path)}`)),
    downloadAll: (id, call = {}) => file(call, at("download", id)),
    runs: (query = {}, call) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      return json({ ...call, path: `/runs?${new URLSearchParams(given as [string, string][])}` }, [
        "runs",
        "next",
      ]);
    },
    repeat,
    usage: (call) => json({ ...call, path: "/usage" }, ["owner", "month"]),
    stats: (call) => json({ ...call, path: "/stats" }, ["your_quota"]),
    environments: (call) => json({ ...call, path: "/environments" }, ["environments"]),
    runtimes: (call) => json({ ...call, path: "/runtimes" }, ["languages"]),
    health: (call) => json({ ...call, path: "/health" }, ["status", "executor"]),
    service: (call) => json({ ...call, path: "/" }, ["service", "version"]),
    workload: <Params extends object>(path: string) => workloadClient<Params>(transport, fetch, path),
  };
  return client;
};
