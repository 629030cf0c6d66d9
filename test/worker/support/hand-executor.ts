import { SELF } from "cloudflare:test";
import type { AttemptRequest, Blob, EnvironmentInfo } from "../../../src/wire/attempt.ts";
import {
  type CaseResult,
  type CompileResult,
  type JudgedCase,
  judgedCases,
  type LanguageInfo,
} from "../../../src/wire/judging.ts";
import { selectorOf } from "../../../src/wire/output-patterns.ts";
import {
  type FromExecutor,
  JOIN_HEADERS,
  joinText,
  REPORT_SIGNATURE_HEADER,
  type RefusalReason,
  reportText,
  type ToExecutor,
  toExecutor,
} from "../../../src/wire/pool.ts";
import {
  type AttemptEvent,
  type FinishedEvent,
  type OutputFile,
  reportAccepted,
  uploadsGranted,
} from "../../../src/wire/report.ts";
import { signedPayload } from "../../../src/wire/signed-payload.ts";
import type { LogStream } from "../../../src/wire/vocabulary.ts";
import { followClock, moveClock } from "./clock.ts";
import { testEnv } from "./env.ts";
import { eventually, until } from "./eventually.ts";

const SERVICE = "http://sandpiper.test";
const EVENTS = (id: string): string => `${SERVICE}/executor/attempts/${id}/events`;

const { TEST_EXECUTOR_KEY, TEST_EXECUTOR_PUBLIC_KEY } = testEnv as unknown as Record<string, string>;

/** What the executor of a test signs with, and is known by. */
export const WORKER_ID = TEST_EXECUTOR_PUBLIC_KEY ?? "";

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const toBase64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const hexOf = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

let key: CryptoKey | null = null;
/** Signs as the executor of the tests does. */
export const signText = async (text: string): Promise<string> => {
  key ??= await crypto.subtle.importKey("pkcs8", fromBase64(TEST_EXECUTOR_KEY ?? ""), "Ed25519", false, [
    "sign",
  ]);
  return toBase64(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text)));
};

type Unnumbered<T> = T extends { n: number } ? Omit<T, "n"> : never;

/** One attempt that the hand-made executor holds; the test says what its program does. */
export class HandAttempt {
  readonly request: AttemptRequest;
  readonly #onFinished: () => void;
  #next = 1;
  isCancelled = false;

  constructor(request: AttemptRequest, onFinished: () => void = () => undefined) {
    this.request = request;
    this.#onFinished = onFinished;
  }

  /** Posts events as they are, numbers included; results are signed unless they have a signature. */
  async post(
    events: readonly AttemptEvent[],
    token = this.request.attemptToken,
    usage?: { readonly cpuSeconds: number; readonly memoryPeakBytes?: number },
  ): Promise<Response> {
    const signed = await Promise.all(events.map((event) => this.#signed(event)));
    const body = JSON.stringify({ events: signed, ...usage });
    const hash = hexOf(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
    const { attemptId } = this.request;
    return SELF.fetch(EVENTS(attemptId), {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        [REPORT_SIGNATURE_HEADER]: await signText(reportText(attemptId, hash)),
      },
      body,
    });
  }

  /** Reports events with the next numbers, and takes the answer as an executor does. */
  async report(...events: Unnumbered<AttemptEvent>[]): Promise<void> {
    const numbered = events.map((event) => ({ ...event, n: this.#next++ }) as AttemptEvent);
    const response = await this.post(numbered);
    if (!response.ok) throw new Error(`report refused: ${response.status} ${await response.text()}`);
    const answer = reportAccepted.parse(await response.json());
    if (answer.acknowledged !== this.#next - 1)
      throw new Error(`of ${this.#next - 1} events, ${answer.acknowledged} were acknowledged`);
    if (answer.cancel) this.isCancelled = true;
    if (events.some(({ type }) => type === "finished")) this.#onFinished();
  }

  /** The first report, which claims the job; without an event, as while inputs are fetched. */
  async claim(): Promise<Response> {
    return this.post([]);
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

  caseEvent(
    index: number,
    change: Partial<Omit<CaseResult, "stdout" | "stderr">> & { stdout?: string } = {},
  ): Unnumbered<AttemptEvent> {
    const { stdout = "", ...rest } = change;
    const bytes = new TextEncoder().encode(stdout);
    return {
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
    };
  }

  judged(...given: Parameters<HandAttempt["caseEvent"]>): Promise<void> {
    return this.report(this.caseEvent(...given));
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
    const { attemptId, attemptToken } = this.request;
    const response = await SELF.fetch(`${SERVICE}/executor/attempts/${attemptId}/uploads`, {
      method: "POST",
      headers: { authorization: `Bearer ${attemptToken}` },
      body: JSON.stringify({ files }),
    });
    return uploadsGranted.parse(await response.json()).uploads.map((upload) => upload.url);
  }

  async #signed(event: AttemptEvent): Promise<AttemptEvent> {
    if (event.type !== "finished" || event.signature !== null) return event;
    const { jobHash, outputs } = this.request;
    const isSelected = selectorOf(outputs.patterns);
    const text = signedPayload({
      jobHash,
      exitCode: event.exitCode,
      cpuSeconds: event.cpuSeconds,
      memoryPeakBytes: event.memoryPeakBytes,
      selected: event.outputs.filter(({ path }) => isSelected(path)),
    });
    return {
      ...event,
      signature: { workerId: WORKER_ID, signature: await signText(text), signedPayload: text },
    };
  }
}

/** Headers by which an executor joins; a test may spoil some. */
export const joinHeaders = async (
  instance: string,
  unixSeconds = Math.floor(Date.now() / 1_000),
): Promise<Record<string, string>> => ({
  upgrade: "websocket",
  [JOIN_HEADERS.key]: WORKER_ID,
  [JOIN_HEADERS.instance]: instance,
  [JOIN_HEADERS.time]: String(unixSeconds),
  [JOIN_HEADERS.signature]: await signText(joinText("sandpiper.test", instance, unixSeconds)),
});

export const newInstance = (): string => hexOf(crypto.getRandomValues(new Uint8Array(16)).buffer);

/**
 * A hand-made executor in the pool: it speaks the wire's protocol and runs no program. Attempts that it is
 * offered are handed to the test, which says what they do.
 */
export class HandExecutor {
  readonly instance = newInstance();
  readonly held = new Map<string, HandAttempt>();
  readonly #taken = new Set<HandAttempt>();
  /** Programs that were killed; killing one again ends nothing. */
  readonly #stopped = new Set<HandAttempt>();
  #socket: WebSocket | null = null;
  #isDown = false;
  #unfollow: () => void = () => undefined;
  #environments: EnvironmentInfo[] = [
    { name: "default", description: "", interpreters: ["python3"], packages: [], diskBytes: 0, uses: 3 },
  ];
  /** How the next offers are answered; accepted when empty, and `silent` is no answer. */
  refusals: (RefusalReason | "silent")[] = [];
  /** What it says of itself when it joins. */
  slots = 1_000;
  memoryMb = 1_000_000;

  languages: LanguageInfo[] = ["bash", "c", "cpp", "java", "javascript", "python", "ruby"].map((id) => ({
    id,
    version: "12.2.0",
    versionText: `${id} 12.2.0`,
  }));

  /** Joins the pool. */
  async install(): Promise<void> {
    const response = await SELF.fetch(`${SERVICE}/pool/join`, { headers: await joinHeaders(this.instance) });
    const { webSocket: socket } = response;
    if (socket === null) throw new Error(`joining was refused: ${await response.text()}`);
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.accept();
    this.#socket = socket;
    this.#unfollow = followClock(() => this.#hello());
    // It went down again while it was joining.
    if (this.#isDown) this.uninstall();
  }

  uninstall(): void {
    this.#unfollow();
    this.#socket?.close(1000);
    this.#socket = null;
  }

  /** It leaves the pool, and joins again when it is no longer down. */
  set isDown(isDown: boolean) {
    if (this.#isDown === isDown) return;
    this.#isDown = isDown;
    if (isDown) this.uninstall();
    else void this.install();
  }

  get environments(): EnvironmentInfo[] {
    return this.#environments;
  }

  /** Says again what it has; settles when the service knows. Moves the clock past what is remembered. */
  async have(environments: EnvironmentInfo[]): Promise<void> {
    this.#environments = environments;
    this.#hello();
    const wanted = environments.map(({ name }) => name).toSorted();
    await until("the new environments", async () => {
      moveClock(6_000);
      const listed = await (await SELF.fetch(`${SERVICE}/environments`)).json<{ templates: string[] }>();
      return listed.templates.join() === wanted.join();
    });
  }

  /** The next attempt of one run, which it claims at once unless it is told not to. */
  async of(runId: string, { claims = true } = {}): Promise<HandAttempt> {
    const objectId = testEnv.JOB_OBJECT.idFromName(runId).toString();
    const attempt = await eventually(`an attempt of ${runId}`, () => {
      for (const one of this.held.values()) {
        if (this.#taken.has(one) || !one.request.attemptId.startsWith(objectId)) continue;
        this.#taken.add(one);
        return one;
      }
      return null;
    });
    if (claims) await attempt.claim();
    return attempt;
  }

  /** The next attempt that no test has taken, whosever it is; it is claimed. */
  async next(): Promise<HandAttempt> {
    const attempt = await eventually("an attempt", () => {
      const one = [...this.held.values()].find((held) => !this.#taken.has(held));
      if (one !== undefined) this.#taken.add(one);
      return one ?? null;
    });
    await attempt.claim();
    return attempt;
  }

  send(message: FromExecutor): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #hello(): void {
    this.send({
      type: "hello",
      protocol: 2,
      version: "hand-made",
      name: "hand-made",
      slots: this.slots,
      memory_mb: this.memoryMb,
      environments: this.#environments,
      languages: this.languages,
      isolation: 1,
      accounting: "cgroup-v1",
      held: [],
    });
  }

  #take(frame: string): void {
    const message = toExecutor.parse(JSON.parse(frame));
    if (message.type === "welcome") this.#hello();
    else if (message.type === "offer") this.#offered(message);
    else if (message.type === "cancel") this.#cancel(message.attempt_id);
  }

  #offered({ attempt: request, memory_mb }: Extract<ToExecutor, { type: "offer" }>): void {
    if (request === undefined) throw new Error("the offer came without its attempt");
    const { attemptId: attempt_id } = request;
    const refused = this.refusals.shift();
    if (refused === "silent") return;
    if (refused !== undefined) {
      this.send({ type: "refused", attempt_id, reason: refused });
      return;
    }
    const released = (): void => this.send({ type: "released", attempt_id, memory_mb });
    if (!this.held.has(attempt_id)) this.held.set(attempt_id, new HandAttempt(request, released));
    this.send({ type: "accepted", attempt_id, memory_mb });
  }

  #cancel(id: string): void {
    const attempt = this.held.get(id);
    if (attempt === undefined) return;
    attempt.isCancelled = true;
    if (this.#stopped.has(attempt)) return;
    this.#stopped.add(attempt);
    // A job that was never claimed has ended without it.
    attempt
      .report(attempt.finished({ reason: "cancelled", exitCode: null, cpuSeconds: 1.5 }))
      .catch(() => undefined);
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
