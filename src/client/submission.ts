import type { JsonSubmission, Manifest } from "../wire/run-submission.ts";
import { type FilePart, multipartBody } from "./multipart.ts";

/** Files with a manifest. Without an entrypoint it is `main.py`, `index.js` or `run.sh`. */
export type FilesSubmission = { readonly files: readonly FilePart[]; readonly manifest?: Manifest };

/** One program as text, with what it reads from stdin, or a project of files. */
export type Submission = JsonSubmission | FilesSubmission;

/** The request body of a submission and its content type. */
export const encodeSubmission = (
  submission: Submission,
): { readonly body: string | Blob; readonly contentType: string } =>
  "files" in submission
    ? multipartBody(submission.files, submission.manifest ?? null)
    : { body: JSON.stringify(submission), contentType: "application/json" };
