import type { JobEnded } from "../domain/ports/webhooks.ts";
import { type Lease, type TypedJob, typedJobSchema } from "../domain/typed-jobs/job.ts";
import { type SettingsRecord, settingsSchema } from "../domain/typed-jobs/settings.ts";

const JOB = "job";
const REQUEST = "request";
const RESPONSE = "response";
const NOTES = "notes";
const COPIED_SETTINGS = "copied-settings";
const LEASE = "lease";
const SETTINGS = "settings";
const ANNOUNCED = "announced";
const FAILURES = "failures";
const REMOVING = "removing";
const OWED_END = "owed-end/";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** An end that the job has left again before its receivers were told of it. */
export type OwedEnd = { readonly webhooks: TypedJob["webhooks"]; readonly event: JobEnded };

type Notes = Pick<TypedJob, "errors" | "warnings">;
type StoredJob = Omit<TypedJob, "requestPayload" | "responsePayload" | "settings" | "lease" | keyof Notes>;
/** Jobs of earlier versions have notes and settings in the job's own value. */
type LoadedJob = StoredJob & Partial<Notes & Pick<TypedJob, "settings">>;

/**
 * The object's SQLite storage by its synchronous key-value interface. What a change leaves as it is has a
 * row of its own, so that news of a worker rewrite a few bytes. Payloads are UTF-8: one value ends at
 * 2 MB, and text outside Latin-1 would take two bytes a character.
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
    const { requestPayload, responsePayload, settings, errors, warnings, lease, ...stored } = job;
    const before = this.#job ?? null;
    const { kv } = this.#storage;
    if (before?.version !== job.version) {
      kv.put(JOB, { ...(stored satisfies StoredJob), schema: typedJobSchema.present });
    }
    if (before === null || before.errors !== errors || before.warnings !== warnings) {
      kv.put(NOTES, { errors, warnings } satisfies Notes);
    }
    if (before === null && settings !== null) kv.put(COPIED_SETTINGS, utf8.encode(settings));
    if (before?.requestPayload !== requestPayload) kv.put(REQUEST, utf8.encode(requestPayload));
    if (responsePayload !== null && before?.responsePayload !== responsePayload) {
      kv.put(RESPONSE, utf8.encode(responsePayload));
    }
    if ((before?.lease ?? null) !== lease) kv.put(LEASE, lease);
    this.#job = job;
  }

  /** The last of the job's ends that its receivers have been told of; 0 for none. */
  announced(): number {
    return this.#storage.kv.get<number>(ANNOUNCED) ?? 0;
  }

  noteAnnounced(revision: number): void {
    this.#storage.kv.put(ANNOUNCED, Math.max(revision, this.announced()));
  }

  oweEnd(revision: number, end: OwedEnd): void {
    this.#storage.kv.put(OWED_END + String(revision).padStart(10, "0"), end);
  }

  /** By their keys, in the order in which they came. */
  owedEnds(): (readonly [string, OwedEnd])[] {
    return [...this.#storage.kv.list<OwedEnd>({ prefix: OWED_END })];
  }

  dropOwedEnd(key: string): void {
    this.#storage.kv.delete(key);
  }

  /** How often in a row the alarm could not do its work. */
  failures(): number {
    return this.#storage.kv.get<number>(FAILURES) ?? 0;
  }

  noteFailures(count: number): void {
    if (count !== this.failures()) this.#storage.kv.put(FAILURES, count);
  }

  /** Whether the job's removal has begun: from then on nobody sees it, and nothing writes it. */
  get isRemoving(): boolean {
    return this.#storage.kv.get(REMOVING) === true;
  }

  noteRemoving(): void {
    if (!this.isRemoving) this.#storage.kv.put(REMOVING, true);
  }

  settings(): SettingsRecord | null {
    const stored = this.#storage.kv.get<object>(SETTINGS);
    return stored === undefined ? null : settingsSchema.read(stored);
  }

  writeSettings(record: SettingsRecord): void {
    this.#storage.kv.put(SETTINGS, settingsSchema.stamp(record));
  }

  /** The alarm goes with it. */
  async clear(): Promise<void> {
    this.#job = null;
    await this.#storage.deleteAll();
  }

  #load(): TypedJob | null {
    const { kv } = this.#storage;
    const stored = kv.get<LoadedJob>(JOB);
    const request = kv.get<Uint8Array>(REQUEST);
    if (stored === undefined || request === undefined) return null;
    const response = kv.get<Uint8Array>(RESPONSE);
    const settings = kv.get<Uint8Array>(COPIED_SETTINGS);
    return typedJobSchema.read({
      ...stored,
      ...(kv.get<Notes>(NOTES) ?? { errors: stored.errors ?? null, warnings: stored.warnings ?? null }),
      settings: settings === undefined ? (stored.settings ?? null) : text.decode(settings),
      lease: kv.get<Lease>(LEASE) ?? null,
      requestPayload: text.decode(request),
      responsePayload: response === undefined ? null : text.decode(response),
    });
  }
}
