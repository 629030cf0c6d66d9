import type { Download } from "./client.ts";
import { errorOf, SandpiperError, unreachable } from "./error.ts";
import { withRetry } from "./retry.ts";
import type { CallOptions, FetchLike, Transport } from "./transport.ts";
import { sendWithProgress, type UploadProgress } from "./upload.ts";
import { type WaitOptions, waitUntil } from "./wait.ts";

export type WorkloadStatus =
  | "created"
  | "queued"
  | "in_progress"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "expired";

export type WorkloadUpload = {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: number;
  readonly max_bytes: number;
  readonly required: boolean;
};

export type WorkloadOutput = {
  readonly name: string;
  readonly content_type: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly url: string;
  readonly expires_at: number;
};

/** A job of a workload, with its params beside these members. Instants are epoch milliseconds. */
export type WorkloadJob = {
  readonly job_id: string;
  readonly status: WorkloadStatus;
  readonly created_at: number;
  readonly updated_at: number;
  readonly files_deleted_at?: number;
  readonly outputs?: readonly WorkloadOutput[];
  readonly waiting_for?: readonly string[];
  readonly error?: { readonly reason: string; readonly message: string };
  readonly log_tail?: string;
};
export type CreatedWorkloadJob = WorkloadJob & { readonly uploads: readonly WorkloadUpload[] };

export type CreateOptions = CallOptions & {
  /** The same key with the same params makes one job; a random one by default, so retries are safe. */
  readonly idempotencyKey?: string;
};

export type PartProgress = UploadProgress & { readonly name: string };
export type UploadOptions = CallOptions & { readonly onProgress?: (progress: PartProgress) => void };

export type WorkloadSearch = {
  readonly status?: WorkloadStatus;
  readonly from_date?: number;
  readonly to_date?: number;
  readonly page_size?: number;
  readonly last_evaluated_key?: string;
};
export type FoundWorkloadJobs<Params> = {
  readonly items: readonly (WorkloadJob & Params)[];
  readonly last_evaluated_key?: string;
};

/** The jobs of one workload. Every method rejects with a SandpiperError, or with an abort's reason. */
export type WorkloadClient<Params extends object> = {
  create(params: Params, options?: CreateOptions): Promise<CreatedWorkloadJob & Params>;
  /** Puts parts, by their names, straight into storage; the job starts once all that it needs are there. */
  upload(
    job: CreatedWorkloadJob,
    parts: Readonly<Record<string, string | Uint8Array<ArrayBuffer> | Blob>>,
    options?: UploadOptions,
  ): Promise<void>;
  get(id: string, options?: CallOptions): Promise<WorkloadJob & Params>;
  /** The ended job, however it ended. */
  wait(id: string, options?: WaitOptions): Promise<WorkloadJob & Params>;
  cancel(id: string, options?: CallOptions): Promise<WorkloadJob & Params>;
  search(query?: WorkloadSearch & Partial<Params>, options?: CallOptions): Promise<FoundWorkloadJobs<Params>>;
  /** An output, by its name or the first one, of a job that succeeded. */
  download(id: string, name?: string, options?: CallOptions): Promise<Download>;
};

const OVER: readonly string[] = ["succeeded", "failed", "cancelled", "expired"];

type Envelope<T> = { readonly data: T };

/** Sends a part to a presigned address, which gets nothing of the service's headers. */
const putPart = async (
  fetch: FetchLike,
  upload: WorkloadUpload,
  body: Blob,
  { signal, onProgress }: UploadOptions,
): Promise<void> => {
  const { name, url, headers } = upload;
  const send =
    onProgress === undefined
      ? fetch
      : sendWithProgress(fetch, (progress) => onProgress({ ...progress, name }));
  const init = { method: "PUT", headers: { ...headers }, body, ...(signal === undefined ? {} : { signal }) };
  const response = await send(url, init).catch((cause: unknown) => {
    throw signal?.aborted ? signal.reason : unreachable(cause);
  });
  if (!response.ok) throw await errorOf(response);
  await response.body?.cancel();
};

const RETRY = { tries: 3, maxWaitSeconds: 30 };

const noSuch = (what: string): SandpiperError => new SandpiperError(what, { status: 0, code: "not_found" });

/** The jobs of the workload at `path`, three segments as its deployer declared them. */
export const workloadClient = <Params extends object>(
  { json }: Transport,
  fetch: FetchLike,
  path: string,
): WorkloadClient<Params> => {
  type Job = WorkloadJob & Params;
  const base = `/${path.replace(/^\/+|\/+$/g, "")}`;
  const at = (id: string, action = ""): string => `${base}/${encodeURIComponent(id)}${action}`;
  const ask = async <T>(
    call: CallOptions,
    to: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> => {
    const post = body === undefined ? {} : { method: "POST" as const, body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const { data } = await json<Envelope<T>>(
      { ...call, ...post, path: to, headers: { ...headers, ...type } },
      ["data"],
    );
    return data;
  };
  const read = (id: string, { waitSeconds, ...call }: CallOptions & { readonly waitSeconds?: number }) =>
    ask<Job>(call, at(id), undefined, waitSeconds === undefined ? {} : { Prefer: `wait=${waitSeconds}` });

  return {
    create: (params, { idempotencyKey, ...call } = {}) =>
      ask(call, base, params, { "Idempotency-Key": idempotencyKey ?? crypto.randomUUID() }),
    upload: async (job, parts, options = {}) => {
      for (const [name, data] of Object.entries(parts)) {
        const upload = job.uploads.find((part) => part.name === name);
        if (upload === undefined) throw noSuch(`The workload has no part ${name}`);
        const body = data instanceof Blob ? data : new Blob([data]);
        await withRetry(() => putPart(fetch, upload, body, options), options.retry ?? RETRY, options.signal);
      }
    },
    get: (id, call = {}) => read(id, call),
    wait: (id, options) =>
      waitUntil(
        (asked) => read(id, asked),
        ({ status }) => OVER.includes(status),
        options,
      ),
    cancel: (id, call = {}) => ask(call, at(id, "/cancel"), {}),
    search: (query = {}, call = {}) => ask(call, `${base}/search`, query),
    download: async (id, name, { signal } = {}) => {
      const { outputs = [] } = await read(id, signal === undefined ? {} : { signal });
      const output = outputs.find((file) => name === undefined || file.name === name);
      if (output === undefined) throw noSuch(`The job has no output ${name ?? "yet"}`);
      const init = { method: "GET", headers: {}, ...(signal === undefined ? {} : { signal }) };
      const response = await fetch(output.url, init).catch((cause: unknown) => {
        throw signal?.aborted ? signal.reason : unreachable(cause);
      });
      if (!response.ok || response.body === null) throw await errorOf(response);
      return { body: response.body, sizeBytes: output.size_bytes, contentType: output.content_type };
    },
  };
};
