import { SELF } from "cloudflare:test";
import {
  type AttemptRequest,
  attemptRequest,
  type Blob,
  type EnvironmentInfo,
  type ExecutorError,
  type ExecutorHealth,
} from "../../../src/wire/attempt.ts";
import type { CaseResult, CompileResult, JudgedCase } from "../../../src/wire/judging.ts";
import { judgedCases, type LanguageInfo } from "../../../src/wire/judging.ts";
import {
  type AttemptEvent,
  type FinishedEvent,
  type OutputFile,
  reportAccepted,
  uploadsGranted,
} from "../../../src/wire/report.ts";
import type { LogStream } from "../../../src/wire/vocabulary.ts";
import { testEnv } from "./env.ts";
import { eventually } from "./eventually.ts";

const ORIGIN = "http://executor.test";
const TOKEN = "executor-token-of-the-tests";

const refusal = (status: number, code: ExecutorError["error"]["code"], headers: HeadersInit = {}): Response =>
  Response.json({ error: { code, message: code } } satisfies ExecutorError, { status, headers });

type Unnumbered<T> = T extends { n: number } ? Omit<T, "n"> : never;

/** One attempt that the hand-made executor holds; the test says what its program does. */
export class HandAttempt {
  readonly request: AttemptRequest;
  #next = 1;
  isCancelled = false;

  constructor(request: AttemptRequest) {
    this.request = request;
  }

  /** Posts events as they are, numbers included. */
  async post(events: readonly AttemptEvent[], token = this.request.attemptToken): Promise<Response> {
    return SELF.fetch(`${this.request.reportUrl}/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ events }),
    });
  }

  /** Reports events with the next numbers, and takes the answer as an executor does. */
  async report(...events: Unnumbered<AttemptEvent>[]): Promise<void> {
    const numbered = events.map((event) => ({ ...event, n: this.#next++ }) as AttemptEvent);
    const response = await this.post(numbered);
    if (!response.ok) throw new Error(`report refused: ${response.status} ${await response.text()}`);
    const answer = reportAccepted.parse(await response.json());
    if (answer.acknowledged !== this.#next - 1) throw new Error("not everything was acknowledged");
    if (answer.cancel) this.isCancelled = true;
  }

  started(): Promise<void> {
    return this.report({ type: "started", atMs: Date.now() });
  }

  log(data: string, stream: LogStream = "stdout"): Promise<void> {
    return this.report({ type: "log", atMs: Date.now(), stream, data });
  }

  compiled(change: Partial<CompileResult> = {}): Promise<void> {
    return this.report({
      type: "compiled",
      atMs: Date.now(),
      status: "ok",
      exitCode: 0,
      signal: null,
      output: "",
      outputTruncated: false,
      cpuSeconds: 0.2,
      wallTimeMs: 210,
      memoryPeakBytes: 50_000_000,
      cached: false,
      ...change,
    });
  }

  judged(
    index: number,
    change: Partial<Omit<CaseResult, "stdout" | "stderr">> & { stdout?: string } = {},
  ): Promise<void> {
    const { stdout = "", ...rest } = change;
    const bytes = new TextEncoder().encode(stdout);
    return this.report({
      type: "case",
      atMs: Date.now(),
      index,
      id: String(index),
      verdict: "accepted",
      exitCode: 0,
      signal: null,
      reason: "exit",
      cpuSeconds: 0.01,
      wallTimeMs: 12,
      memoryPeakBytes: 1_000_000,
      stdoutBytes: bytes.length,
      stderrBytes: 0,
      stdout: btoa(String.fromCharCode(...bytes)),
      stderr: "",
      order: [bytes.length],
      ...rest,
    });
  }

  finish(change: Partial<FinishedEvent> = {}): Promise<void> {
    return this.report(this.finished(change));
  }

  finished(change: Partial<FinishedEvent> = {}): Unnumbered<FinishedEvent> {
    return {
      type: "finished",
      atMs: Date.now(),
      reason: "exit",
      exitCode: 0,
      signal: null,
      message: null,
      cpuSeconds: 0.05,
      memoryPeakBytes: 12_345_678,
      wallTimeMs: 42,
      truncated: { stdout: false, stderr: false },
      outputs: [],
      outputsDropped: 0,
      isolation: 1,
      accounting: "cgroup-v1",
      signature: null,
      ...change,
    };
  }

  async uploadUrls(files: readonly OutputFile[]): Promise<string[]> {
    const response = await SELF.fetch(`${this.request.reportUrl}/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.request.attemptToken}` },
      body: JSON.stringify({ files }),
    });
    return uploadsGranted.parse(await response.json()).uploads.map((upload) => upload.url);
  }
}

/**
 * A hand-made executor behind the Worker's `fetch`: it speaks the wire's protocol and runs no program.
 * Attempts that come in are handed to the test, which says what they do.
 */
export class HandExecutor {
  readonly held = new Map<string, HandAttempt>();
  readonly #taken = new Set<HandAttempt>();
  /** Programs that were killed; killing one again ends nothing. */
  readonly #stopped = new Set<HandAttempt>();
  readonly #fetch = globalThis.fetch;
  /** How the next starts are answered; accepted when empty. */
  refusals: ("busy" | "invalid" | "crash")[] = [];
  /** Nothing answers while it is set. */
  isDown = false;
  environments: EnvironmentInfo[] = [
    { name: "default", description: "", interpreters: ["python3"], packages: [], diskBytes: 0, uses: 3 },
  ];

  languages: LanguageInfo[] = ["bash", "c", "cpp", "java", "javascript", "python", "ruby"].map((id) => ({
    id,
    version: "12.2.0",
    versionText: `${id} 12.2.0`,
  }));

  /** Takes the place of the network for the executor's address. */
  install(): void {
    globalThis.fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input as RequestInfo, init);
      return request.url.startsWith(ORIGIN) ? this.fetch(request) : this.#fetch.call(globalThis, request);
    }) as typeof fetch;
  }

  uninstall(): void {
    globalThis.fetch = this.#fetch;
  }

  /** The next attempt of one run, whatever else the queue brings meanwhile. */
  async of(runId: string): Promise<HandAttempt> {
    const objectId = testEnv.JOB_OBJECT.idFromName(runId).toString();
    return eventually(`an attempt of ${runId}`, () => {
      for (const attempt of this.held.values()) {
        if (this.#taken.has(attempt) || !attempt.request.attemptId.startsWith(objectId)) continue;
        this.#taken.add(attempt);
        return attempt;
      }
      return null;
    });
  }

  async fetch(request: Request): Promise<Response> {
    if (this.isDown) throw new TypeError("connection refused");
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return Response.json(this.#health());
    if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) return refusal(401, "unauthorized");
    if (pathname === "/environments")
      return Response.json({ environments: this.environments, languages: this.languages });
    if (pathname === "/attempts" && request.method === "POST") return this.#start(await request.json());
    if (request.method === "DELETE")
      return this.#cancel(decodeURIComponent(pathname.slice("/attempts/".length)));
    return refusal(404, "not_found");
  }

  #start(body: unknown): Response {
    const refused = this.refusals.shift();
    if (refused === "busy") return refusal(503, "busy", { "retry-after": "1" });
    if (refused === "invalid") return refusal(400, "invalid");
    if (refused === "crash") return new Response("bad gateway", { status: 502 });
    const request = attemptRequest.parse(body);
    if (!this.held.has(request.attemptId)) {
      const attempt = new HandAttempt(request);
      this.held.set(request.attemptId, attempt);
    }
    return Response.json({ accepted: true }, { status: 202 });
  }

  #cancel(id: string): Response {
    const attempt = this.held.get(id);
    if (attempt === undefined) return refusal(404, "not_found");
    attempt.isCancelled = true;
    if (this.#stopped.has(attempt)) return Response.json({ accepted: true }, { status: 202 });
    this.#stopped.add(attempt);
    void attempt.report(attempt.finished({ reason: "cancelled", exitCode: null, cpuSeconds: 1.5 }));
    return Response.json({ accepted: true }, { status: 202 });
  }

  #health(): ExecutorHealth {
    return {
      status: "healthy",
      version: "hand-made",
      workerId: `${"A".repeat(43)}=`,
      isolation: 1,
      accounting: "cgroup-v1",
      slots: { total: 4, busy: this.held.size, waiting: 0, backlog: 16 },
    };
  }
}

const bytesOf = async (blob: Blob): Promise<Uint8Array> => {
  if (blob.kind === "inline") return Uint8Array.from(atob(blob.base64), (char) => char.charCodeAt(0));
  // The bucket's S3 endpoint cannot be reached in here, so its binding serves the key that the URL names.
  const key = new URL(blob.url).pathname.split("/").slice(2).join("/");
  const stored = await testEnv.BUCKET.get(key);
  if (stored === null) throw new Error("the input is not in the bucket");
  if (stored.size !== blob.sizeBytes) throw new Error("the input has another size");
  return new Uint8Array(await stored.arrayBuffer());
};

/** The tar that an attempt's job folder is made of. */
export const inputsOf = async ({ inputs: [first] }: AttemptRequest): Promise<Uint8Array> => {
  if (first === undefined) throw new Error("no inputs");
  return bytesOf(first.blob);
};

/** The cases that an attempt is to judge. */
export const casesOf = async ({ cases }: AttemptRequest): Promise<JudgedCase[]> => {
  if (cases === undefined) throw new Error("no cases");
  return judgedCases.parse(JSON.parse(new TextDecoder().decode(await bytesOf(cases.blob))));
};

export const stdinOf = async ({ program }: AttemptRequest): Promise<string | null> =>
  program.stdin === null ? null : new TextDecoder().decode(await bytesOf(program.stdin));
