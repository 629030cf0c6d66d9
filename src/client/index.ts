/** The typed client of a Sandpiper service; its types come from the schemas that the service validates with. */

export type { LogRecord, RunOutputs, RunReport, RunStatus, Submitted } from "../wire/run-answers.ts";
export type { EndFrame, StatusFrame } from "../wire/run-frames.ts";
export type { Manifest } from "../wire/run-submission.ts";
export { type Client, type ClientOptions, createClient, type Download } from "./client.ts";
export { SandpiperError } from "./error.ts";
export type { LiveEvent, LiveOptions } from "./live.ts";
export type { SocketConstructor, SocketLike } from "./live-sockets.ts";
export type { FilePart } from "./multipart.ts";
export type { RetryPolicy } from "./retry.ts";
export type { Submission } from "./submission.ts";
export type { UploadProgress } from "./upload.ts";
