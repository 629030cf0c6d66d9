import type { AttemptLimits, AttemptRequest, Blob } from "../../wire/attempt.ts";
import type { ProgramTask, StoredBytes } from "./record.ts";

const CHUNK = 0x8000;

const base64 = (bytes: Uint8Array): string => {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
};

const toBlob = async (stored: StoredBytes, urlFor: (key: string) => Promise<string>): Promise<Blob> =>
  stored.kind === "inline"
    ? { kind: "inline", base64: base64(stored.bytes) }
    : { kind: "url", url: await urlFor(stored.key), sizeBytes: stored.sizeBytes };

const PAGE_BYTES = 4_096;

/**
 * Uploaded files lie in the workspace, which is memory: both limits are the program's own, and what its
 * files take comes on top.
 */
const limitsWith = ({ limits, files }: ProgramTask): AttemptLimits => {
  const filesBytes = files.reduce(
    (sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES,
    0,
  );
  return {
    ...limits,
    workspaceBytes: limits.workspaceBytes + filesBytes,
    memoryBytes: limits.memoryBytes + filesBytes,
  };
};

/** What the executor is sent for the attempt that holds the job; `urlFor` presigns a GET. */
export const attemptRequestOf = async (
  task: ProgramTask,
  attempt: { readonly id: string; readonly token: string },
  publicUrl: string,
  urlFor: (key: string) => Promise<string>,
): Promise<AttemptRequest> => {
  return {
    protocol: 1,
    attemptId: attempt.id,
    attemptToken: attempt.token,
    reportUrl: new URL(`/executor/attempts/${attempt.id}`, publicUrl).href,
    program: { ...task.program, stdin: task.stdin === null ? null : await toBlob(task.stdin, urlFor) },
    limits: limitsWith(task),
    inputs: [
      { kind: "tar", blob: await toBlob(task.inputs, urlFor), stripComponents: task.stripComponents },
      ...(await Promise.all(
        task.files.map(async ({ name, key, sizeBytes, etag }) => ({
          kind: "file" as const,
          path: `inputs/${name}`,
          blob: { kind: "url" as const, url: await urlFor(key), sizeBytes, etag },
        })),
      )),
    ],
    outputs: { root: task.outputRoot, patterns: [...task.outputPatterns] },
    jobHash: task.jobHash,
  };
};
