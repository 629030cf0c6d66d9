import { z } from "zod";
import { createApp } from "../../../../src/http/jobs/create-app.ts";
import type { JobView } from "../../../../src/wire/typed-jobs.ts";
import { testEnv } from "../../support/env.ts";
import { withKey } from "../../support/suite-key.ts";

export const request = z.object({ url: z.string(), size: z.coerce.number().int().default(3) });
export const result = z.object({ text: z.string(), result_count: z.number().nullable().optional() });
export const settings = z.object({ model: z.string().default("small"), limit: z.int().max(10).default(5) });

type Built = ReturnType<typeof createApp>;
type Fetching = { fetch(request: Request, env?: unknown): Response | Promise<Response> };

/** Speaks to an app as a client does. */
export class Api {
  readonly #app: Fetching;
  readonly #env: Record<string, unknown>;
  readonly #carriesKey: boolean;

  /** `carriesKey`: whether it sends the key of the suites where a request has no credentials. */
  constructor(app: Fetching, env: Record<string, unknown> = {}, carriesKey = true) {
    this.#app = app;
    this.#carriesKey = carriesKey;
    this.#env = { ...testEnv, ...env };
  }

  async call(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<Response> {
    const all = this.#carriesKey ? withKey("/jobs", new Headers(headers)) : new Headers(headers);
    if (body !== undefined && !all.has("content-type")) all.set("content-type", "application/json");
    const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
    const init = { method, headers: all, ...(body === undefined ? {} : { body: text as BodyInit }) };
    return this.#app.fetch(new Request(`http://jobs.test${path}`, init), this.#env);
  }

  get(path: string, headers: HeadersInit = {}): Promise<Response> {
    return this.call("GET", path, undefined, headers);
  }

  async json<T = Record<string, unknown>>(path: string): Promise<T> {
    return (await this.get(path)).json<T>();
  }

  /** Registers a job and expects that to work. */
  async create(body: unknown = { url: "https://example.com" }): Promise<JobView> {
    const response = await this.call("POST", "/jobs", body);
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    return response.json<JobView>();
  }

  job(id: string): Promise<JobView> {
    return this.json<JobView>(`/jobs/${id}`);
  }

  async list(query = ""): Promise<{ jobs: JobView[]; next: string; status: number; link: string | null }> {
    const response = await this.get(`/jobs${query}`);
    const body = await response.json<{ Jobs?: JobView[] }>();
    return {
      jobs: body.Jobs ?? [],
      next: response.headers.get("x-next") ?? "missing",
      link: response.headers.get("link"),
      status: response.status,
    };
  }
}

/** An app of the plain models, without a queue unless the config names one. */
export const plainApi = (config: Parameters<typeof createApp<typeof request, typeof result>>[3] = {}): Api =>
  new Api(createApp(request, result, undefined, config), {}, config.basicAuth?.force !== true);

export const apiOf = (app: Built): Api => new Api(app);

export const emptyTable = async (): Promise<void> => {
  await testEnv.DB.prepare("DELETE FROM typed_jobs").run();
};

/** Registers jobs in SQL alone: one per second and id, oldest first. */
export const insertRows = async (count: number, firstMs: number, stepMs: number): Promise<void> => {
  await testEnv.DB.prepare(
    `INSERT INTO typed_jobs (registered_at_ms, job_id, status, version, view)
     WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
     SELECT ?2 + i * ?3, printf('%08x-0000-4000-8000-%012x', (i * 2654435761) % 4294967296, i),
       CASE i % 7 WHEN 0 THEN 'queued' WHEN 1 THEN 'error' ELSE 'completed' END, 1,
       '{"updatedAtMs":1,"completedAtMs":null,"notes":[null,null],"settings":null,"requestPayload":{"url":"u","size":1},"responsePayload":null}'
     FROM n`,
  )
    .bind(count, firstMs, stepMs)
    .run();
};

/** The id that `insertRows` gives to its job of this number. */
export const rowId = (i: number): string =>
  `${((i * 2654435761) % 4294967296).toString(16).padStart(8, "0")}-0000-4000-8000-${i.toString(16).padStart(12, "0")}`;
