/** The typed client of a Sandpiper service; its types come from the schemas that the service validates with. */

export type { Budget, ListedRun, RunList, Usage } from "../wire/holder-answers.ts";
export type {
  CaseReport,
  CompileReport,
  LogRecord,
  RunLogs,
  RunOutputs,
  RunReport,
  RunStatus,
  Submitted,
} from "../wire/run-answers.ts";
export type {
  CaseFrame,
  CompileFrame,
  EndFrame,
  QueueFrame,
  StatusFrame,
  UsageFrame,
} from "../wire/run-frames.ts";
export type { JsonSubmission, Manifest } from "../wire/run-submission.ts";
export type { Environments, Health, Runtimes, Service, Stats } from "../wire/service-answers.ts";
export {
  type Client,
  type ClientOptions,
  createClient,
  type Download,
  type RunsQuery,
  type StatusOptions,
  type SubmitOptions,
} from "./client.ts";
export { SandpiperError } from "./error.ts";
export { JobsClient, type JobsClientOptions, type JobsQuery, overHttp } from "./jobs.ts";
export type { LiveEvent, LiveOptions } from "./live.ts";
export type { SocketConstructor, SocketLike } from "./live-sockets.ts";
export type { FilePart } from "./multipart.ts";
export type { RetryPolicy } from "./retry.ts";
export type { RunOptions, RunOutput, RunResult } from "./run.ts";
export type { FilesSubmission, Submission } from "./submission.ts";
export type { CallOptions, FetchInit, FetchLike } from "./transport.ts";
export type { OnProgress, UploadProgress } from "./upload.ts";
export type { WaitOptions } from "./wait.ts";
export type {
  CreatedWorkloadJob,
  PartProgress,
  UploadOptions,
  WorkloadClient,
  WorkloadJob,
  WorkloadOutput,
  WorkloadStatus,
  WorkloadUpload,
} from "./workloads.ts";
