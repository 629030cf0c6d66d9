import type { TypedJob } from "../domain/typed-jobs/job.ts";
import type { SettingsRecord } from "../domain/typed-jobs/settings.ts";
import type { WebhookEventType } from "../domain/webhooks/event.ts";

const JOB = "job";
const REQUEST = "request";
const RESPONSE = "response";
const SETTINGS = "settings";
const ANNOUNCED_PREFIX = "announced/";

const utf8 = new TextEncoder();
const text = new TextDecoder();

type StoredJob = Omit<TypedJob, "requestPayload" | "responsePayload">;

/**
 * The object's SQLite storage by its synchronous key-value interface. Payloads have rows of their own,
 * as UTF-8: one value ends at 2 MB, and text outside Latin-1 would take two bytes a character.
 */
export class TypedJobStorage {
  readonly #storage: DurableObjectStorage;
  #job: TypedJob | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  job(): TypedJob | null {
    if (this.#job === undefined) this.#job = this.#load();
    return this.#job;
  }

  write(job: TypedJob): void {
    const { requestPayload, responsePayload, ...stored } = job;
    this.#storage.kv.put(JOB, stored satisfies StoredJob);
    if (this.#job?.requestPayload !== requestPayload) {
      this.#storage.kv.put(REQUEST, utf8.encode(requestPayload));
    }
    if (responsePayload !== null && this.#job?.responsePayload !== responsePayload) {
      this.#storage.kv.put(RESPONSE, utf8.encode(responsePayload));
    }
    this.#job = job;
  }

  /** Whether the job's receivers have been told of this. */
  isAnnounced(type: WebhookEventType): boolean {
    return this.#storage.kv.get(ANNOUNCED_PREFIX + type) === true;
  }

  noteAnnounced(type: WebhookEventType): void {
    this.#storage.kv.put(ANNOUNCED_PREFIX + type, true);
  }

  settings(): SettingsRecord | null {
    return this.#storage.kv.get<SettingsRecord>(SETTINGS) ?? null;
  }

  writeSettings(record: SettingsRecord): void {
    this.#storage.kv.put(SETTINGS, record);
  }

  async clear(): Promise<void> {
    this.#job = null;
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  #load(): TypedJob | null {
    const stored = this.#storage.kv.get<StoredJob>(JOB);
    const request = this.#storage.kv.get<Uint8Array>(REQUEST);
    if (stored === undefined || request === undefined) return null;
    const response = this.#storage.kv.get<Uint8Array>(RESPONSE);
    return {
      ...stored,
      requestPayload: text.decode(request),
      responsePayload: response === undefined ? null : text.decode(response),
    };
  }
}
