import { SELF } from "cloudflare:test";
import { withKey } from "./suite-key.ts";

const ORIGIN = "http://sandpiper.test";

/** A fresh client address, so that quotas of one test never meet those of another. */
export const freshAddress = (): string => ["10", ...crypto.getRandomValues(new Uint8Array(3))].join(".");

/** Calls the Worker as one client does. */
export class Client {
  readonly address: string;

  constructor(address = freshAddress()) {
    this.address = address;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = withKey(path, new Headers(init.headers));
    headers.set("cf-connecting-ip", this.address);
    return SELF.fetch(ORIGIN + path, { ...init, headers });
  }

  async json<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<T> {
    return (await this.fetch(path, init)).json<T>();
  }

  post(path: string, body: unknown): Promise<Response> {
    return this.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** Submits a program as JSON and answers the job's id. */
  async submit(body: Record<string, unknown> = { code: "print('hello')\n" }): Promise<string> {
    const response = await this.post("/submit", body);
    const answer = await response.json<{ job_id: string }>();
    if (!response.ok) throw new Error(`submit refused: ${response.status} ${JSON.stringify(answer)}`);
    return answer.job_id;
  }

  async status(id: string): Promise<Record<string, unknown>> {
    return this.json(`/status/${id}`);
  }

  /** Opens a socket and collects its frames. */
  async socket(path: string, protocol?: string): Promise<Watcher> {
    const headers: Record<string, string> = { upgrade: "websocket" };
    if (protocol !== undefined) headers["sec-websocket-protocol"] = protocol;
    const response = await this.fetch(path, { headers });
    if (response.webSocket === null) throw new Error(`no socket: ${response.status}`);
    return new Watcher(response.webSocket);
  }
}

/** A socket's frames, and the event of its end. */
export class Watcher {
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiting: (() => void)[] = [];

  constructor(socket: WebSocket) {
    socket.accept();
    socket.addEventListener("message", (event) => {
      this.frames.push(String(event.data));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", (event) => {
        resolve({ code: event.code, reason: event.reason });
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
  }

  get text(): string {
    return this.frames.join("");
  }

  /** Resolves once the text so far holds this. */
  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
