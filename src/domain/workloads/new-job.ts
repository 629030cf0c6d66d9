import { concatBytes, TAR_END, tarHeader, tarPadding } from "../../uploads/index.ts";
import { INLINE_BYTES, OUTPUT_BYTES_PER_STREAM } from "../../wire/limits.ts";
import type { NewJob } from "../job/new-job.ts";
import type { JobRecord, ProgramTask, StoredBytes, Task, UploadPart } from "../job/record.ts";
import { bucketKeys } from "../keys.ts";
import type { Bucket } from "../ports/bucket.ts";
import type { Ids } from "../ports/ids.ts";
import { type IncrementalSha256, jobHash } from "../runs/job-hash.ts";
import type { Params } from "./params.ts";
import type { ResolvedProgram, Workload } from "./types.ts";
import type { UploadPromises } from "./upload-promises.ts";

const MIB = 1_048_576;
const utf8 = new TextEncoder();

export type WorkloadSettings = {
  /** How long a job waits for its uploads; its URLs end with it. */
  readonly uploadMs: number;
  /** From the creation of a job to the deletion of its files. */
  readonly retentionMs: number;
  /** From the creation of a job to the deletion of all that is left of it. */
  readonly rowRetentionMs: number;
  readonly queueWaitMs: number;
};

export type NewJobDeps = {
  readonly ids: Ids;
  readonly bucket: Bucket;
  readonly sha256: () => IncrementalSha256;
  readonly workloadSettings: WorkloadSettings;
};

export type WorkloadRequest = {
  readonly workload: Workload;
  readonly jobId: string;
  readonly objectId: string;
  readonly params: Params;
  readonly promises: UploadPromises;
  readonly owner: string | null;
  /** Name of the owner's quota object; null where no quota applies. */
  readonly clientKey: string | null;
  readonly webhooks: JobRecord["webhooks"];
  /** As the header `traceparent` says it. */
  readonly trace: string;
  readonly now: number;
};

/** What the program finds before its inputs come: its own files, its params, and a folder for its outputs. */
const tarOf = (process: ResolvedProgram, params: Params): Uint8Array => {
  const files = { ...process.files, "params.json": JSON.stringify(params) };
  const members = Object.entries(files).flatMap(([path, text]) => {
    const content = utf8.encode(text);
    return [
      tarHeader({ path, kind: "file", sizeBytes: content.length }),
      content,
      tarPadding(content.length),
    ];
  });
  return concatBytes([...members, tarHeader({ path: "outputs", kind: "folder", sizeBytes: 0 }), TAR_END]);
};

const stored = async (bucket: Bucket, key: string, bytes: Uint8Array): Promise<StoredBytes> => {
  if (bytes.length <= INLINE_BYTES) return { kind: "inline", bytes };
  await bucket.put(key, bytes);
  return { kind: "object", key, sizeBytes: bytes.length };
};

const programTask = async (
  deps: NewJobDeps,
  { workload, objectId, params }: WorkloadRequest,
  process: ResolvedProgram,
): Promise<ProgramTask> => {
  const { interpreter, entrypoint, environment, args, limits } = process;
  const outputBytes = limits.workspaceMb * MIB;
  const source = [utf8.encode(process.files[entrypoint] ?? "")];
  return {
    kind: "program",
    program: { interpreter, entrypoint, args: [...args], env: {}, environment },
    stdin: null,
    limits: {
      timeoutMs: limits.timeoutSeconds * 1_000,
      cpuMs: limits.cpuSeconds * 1_000,
      memoryBytes: limits.memoryMb * MIB,
      workspaceBytes: limits.workspaceMb * MIB,
      outputBytesPerStream: OUTPUT_BYTES_PER_STREAM,
      outputFiles: workload.outputs.length,
      outputFileBytes: outputBytes,
      outputTotalBytes: outputBytes,
    },
    inputs: await stored(deps.bucket, bucketKeys.inputs(objectId), tarOf(process, params)),
    stripComponents: 0,
    files: [],
    outputRoot: "outputs",
    outputPatterns: workload.outputs.map(({ name }) => name),
    jobHash: await jobHash({ entrypoint, interpreter, environment, args }, source, deps.sha256()),
    asked: { interpreter, environment },
  };
};

const taskOf = async (deps: NewJobDeps, request: WorkloadRequest): Promise<Task> => {
  const { process, path } = request.workload;
  if (process.kind === "program") return programTask(deps, request, process);
  return { kind: "function", name: path, timeoutMs: process.timeoutMs, files: [] };
};

const partsOf = ({ workload, objectId, promises }: WorkloadRequest, ids: Ids): UploadPart[] =>
  workload.inputs.map(({ name, contentTypes, maxBytes, isRequired }) => ({
    name,
    key: bucketKeys.upload(objectId, name, ids.keyPart()),
    contentTypes,
    maxBytes,
    isRequired,
    ...(Object.hasOwn(promises, name) ? { signed: promises[name] ?? {} } : {}),
  }));

/** A job of a workload as it is created: it waits for its uploads, and knows all that it is shown by. */
export const newWorkloadJob = async (deps: NewJobDeps, request: WorkloadRequest): Promise<NewJob> => {
  const { workload, params, owner, now } = request;
  const parts = partsOf(request, deps.ids);
  const { uploadMs, retentionMs, rowRetentionMs, queueWaitMs } = deps.workloadSettings;
  return {
    id: request.jobId,
    face: "workloads",
    owner,
    clientKey: request.clientKey,
    task: await taskOf(deps, request),
    queueWaitMs,
    retentionMs,
    retains: "record",
    rowRetentionMs,
    workload: {
      path: workload.path,
      entity: workload.entity,
      params,
      outputs: workload.outputs.map(({ name, contentType }) => ({ name, contentType })),
    },
    upload: { parts, untilMs: now + uploadMs },
    webhooks: request.webhooks,
    trace: request.trace,
  };
};
