import type { AttemptLimits, AttemptRequest, Blob } from "../../wire/attempt.ts";
import { toBase64 } from "../judging/base64.ts";
import type { ProgramTask, StoredBytes } from "./record.ts";

const toBlob = async (stored: StoredBytes, urlFor: (key: string) => Promise<string>): Promise<Blob> =>
  stored.kind === "inline"
    ? { kind: "inline", base64: toBase64(stored.bytes) }
    : { kind: "url", url: await urlFor(stored.key), sizeBytes: stored.sizeBytes };

const PAGE_BYTES = 4_096;

/**
 * Uploaded files lie in the workspace, which is memory: both limits are the program's own, and what its
 * files take comes on top.
 */
export const limitsWith = ({ limits, files }: ProgramTask): AttemptLimits => {
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

/** What a request has where the program is run in a language, perhaps for cases. */
const languagePart = async (
  { language, cases }: ProgramTask,
  turn: string,
  urlFor: (key: string) => Promise<string>,
): Promise<Pick<AttemptRequest, "language" | "cases">> => {
  if (language === undefined) return {};
  const { version: _version, ...order } = language;
  const part = { language: { ...order, turn } };
  return cases === undefined
    ? part
    : { ...part, cases: { ...cases.rules, blob: await toBlob(cases.stored, urlFor) } };
};

/** The oldest protocol of executors that can run a task. */
export const protocolOf = ({ language, interactive }: ProgramTask): AttemptRequest["protocol"] => {
  if (interactive === true) return 3;
  return language === undefined ? 1 : 2;
};

/** What the executor is sent for the attempt that holds the job; `urlFor` presigns a GET, `turn` says whose it is. */
export const attemptRequestOf = async (
  task: ProgramTask,
  attempt: { readonly id: string; readonly token: string; readonly trace?: string | undefined },
  urlFor: (key: string) => Promise<string>,
  turn: string,
): Promise<AttemptRequest> => {
  return {
    protocol: protocolOf(task),
    attemptId: attempt.id,
    attemptToken: attempt.token,
    program: { ...task.program, stdin: task.stdin === null ? null : await toBlob(task.stdin, urlFor) },
    limits: limitsWith(task),
    inputs: [
      {
        kind: "tar",
        blob: await toBlob(task.inputs, urlFor),
        stripComponents: task.stripComponents,
        ...(task.executables === undefined ? {} : { executables: task.executables }),
      },
      ...(await Promise.all(
        task.files.map(async ({ name, key, sizeBytes, etag }) => ({
          kind: "file" as const,
          path: `inputs/${name}`,
          blob: { kind: "url" as const, url: await urlFor(key), sizeBytes, etag },
        })),
      )),
    ],
    outputs: {
      root: task.outputRoot,
      patterns: [...task.outputPatterns],
      ...(task.keepsOutputsOnTimeout === undefined ? {} : { keepsOnTimeout: true }),
    },
    jobHash: task.jobHash,
    ...(attempt.trace === undefined ? {} : { trace: attempt.trace }),
    hashed: {
      ...task.asked,
      ...(task.entrypointFile === undefined ? {} : { file: task.entrypointFile }),
    },
    ...(task.interactive === undefined ? {} : { interactive: true }),
    ...(await languagePart(task, turn, urlFor)),
  };
};
