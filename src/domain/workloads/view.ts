import type { EndReason, JobSnapshot, Result, WorkloadDetails } from "../job/record.ts";
import { isTerminal } from "../job/state.ts";
import type { WorkloadRow } from "../ports/workload-rows.ts";
import { statusWord } from "../status-words.ts";

/** A log's end that a failed job shows. */
export const LOG_TAIL_BYTES = 4_096;

const MESSAGES: Record<EndReason, string> = {
  exit: "The processing ended with an error; log_tail has its last words",
  timeout_wall: "The processing did not end in time",
  timeout_cpu: "The processing used up its CPU time",
  memory: "The processing needed more memory than it may have",
  output_limit: "The processing wrote more to its log than it may",
  compile_error: "The processing could not be compiled",
  signal: "The processing was ended by a signal",
  cancelled: "The job was cancelled",
  infrastructure: "The service could not process the job",
  expired: "The upload did not come in time",
  bad_input: "What was uploaded cannot be used",
};

const errorOf = ({ reason, message }: Result) => ({ reason, message: message ?? MESSAGES[reason] });

type Base = {
  readonly id: string;
  readonly entity: string;
  readonly status: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly filesDeletedAtMs: number | null;
};

const baseData = (job: Base) => ({
  ...job.params,
  "@entity": job.entity,
  job_id: job.id,
  id: job.id,
  status: job.status,
  created_at: job.createdAtMs,
  updated_at: job.updatedAtMs,
  ...(job.filesDeletedAtMs === null ? {} : { files_deleted_at: job.filesDeletedAtMs }),
});

/** The details that a job of this face always has. */
export const workloadOf = ({ workload }: JobSnapshot): WorkloadDetails => {
  if (workload === null) throw new Error("the job is no workload's");
  return workload;
};

/** A job as this face shows it, without URLs. */
export const workloadData = (snapshot: JobSnapshot) => {
  const { result, state, cancelRequested } = snapshot;
  const isStopping = cancelRequested && !isTerminal(state);
  const { entity, params } = workloadOf(snapshot);
  const status = statusWord("workloads", state);
  const hasFailed = result !== null && isTerminal(state) && state !== "succeeded";
  return {
    ...baseData({ ...snapshot, entity, params, status }),
    ...(isStopping ? { cancel_requested: true } : {}),
    ...(hasFailed ? { error: errorOf(result) } : {}),
  };
};

/** A found job; its row knows neither its error nor its files. */
export const foundData = (entity: string, row: WorkloadRow) =>
  baseData({
    ...row,
    entity,
    params: JSON.parse(row.params) as Readonly<Record<string, unknown>>,
    status: statusWord("workloads", row.state),
  });

export type ShownOutput = {
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Its place among all that the attempt stored, which its key is made of. */
  readonly index: number;
};

/** The declared outputs that a job has, in the order of the declaration; none once its files are deleted. */
export const shownOutputs = (snapshot: JobSnapshot): ShownOutput[] => {
  const { result, state, filesDeletedAtMs } = snapshot;
  if (state !== "succeeded" || filesDeletedAtMs !== null) return [];
  const stored = result?.outputs ?? [];
  return workloadOf(snapshot).outputs.flatMap(({ name, contentType }) => {
    const index = stored.findIndex(({ path }) => path === name);
    const file = stored[index];
    return file === undefined
      ? []
      : [{ name, contentType, sizeBytes: file.sizeBytes, sha256: file.sha256, index }];
  });
};

/** Members of an output that hold for as long as the job does, unlike its URL. */
export const outputFacts = ({ name, contentType, sizeBytes, sha256 }: ShownOutput) => ({
  name,
  content_type: contentType,
  size_bytes: sizeBytes,
  sha256,
});

/** A job as its webhooks tell of it: whoever wants a URL asks for the job. */
export const workloadEventData = (snapshot: JobSnapshot) => {
  const outputs = shownOutputs(snapshot).map(outputFacts);
  return { ...workloadData(snapshot), ...(outputs.length === 0 ? {} : { outputs }) };
};
