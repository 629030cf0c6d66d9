import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { bucketKeys } from "../../domain/keys.ts";
import { mimeType } from "../../domain/runs/output-kinds.ts";
import type { OutputFile } from "../../wire/report.ts";
import { attachment } from "../kit/attachment.ts";
import { isNotModified } from "../kit/conditional.ts";
import { takes } from "../kit/request-headers.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { problem } from "./problem.ts";
import { runIdParam, unknownJob } from "./schemas.ts";

/** Key of an output in the bucket: outputs are stored by their place in the result's list. */
export const outputKey = (snapshot: JobSnapshot, file: OutputFile): string | null => {
  const { result } = snapshot;
  if (result === null || result.attemptId === null) return null;
  const index = result.outputs.indexOf(file);
  return index < 0 ? null : bucketKeys.output(result.attemptId, index);
};

const fileAt = (deps: Deps, path: string, operationId: string): RunOperation => ({
  contract: {
    method: "get",
    path,
    operationId,
    tags: ["runs"],
    summary: "One output file; downloading it deletes nothing",
    request: {
      params: runIdParam.extend({ path: z.string().openapi({ example: "results/plot.png" }) }),
      headers: takes("If-None-Match"),
    },
    responses: {
      200: {
        description: "The file",
        content: { "*/*": { schema: z.string().openapi({ format: "binary" }) } },
      },
      304: { description: "The client has the file" },
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const snapshot = (await findRun(c, deps.jobs)?.snapshot()) ?? null;
    if (snapshot === null) return runNotFound(c);
    const wanted = c.req.param("path") ?? "";
    const file = snapshot.result?.outputs.find((output) => output.path === wanted);
    const etag = file === undefined ? null : `"${file.sha256}"`;
    if (etag !== null && isNotModified(c, etag)) return c.body(null, 304, { ETag: etag });
    const key = file === undefined ? null : outputKey(snapshot, file);
    const stored = key === null ? null : await deps.bucket.get(key);
    if (file === undefined || etag === null || stored === null) {
      return problem(c, {
        code: "file_not_found",
        error: "File not found; GET /outputs/{id} lists what there is",
      });
    }
    return c.body(stored.body, 200, {
      "Content-Type": mimeType(file.path),
      "Content-Length": String(file.sizeBytes),
      "Content-Disposition": attachment(file.path.slice(file.path.lastIndexOf("/") + 1)),
      // What programs made is never a page of this origin.
      "Content-Security-Policy": "sandbox",
      "X-Content-Type-Options": "nosniff",
      ETag: etag,
    });
  },
});

export const outputFile = (deps: Deps): RunOperation => fileAt(deps, "/outputs/{id}/{path}", "getOutputFile");
export const downloadFile = (deps: Deps): RunOperation =>
  fileAt(deps, "/download/{id}/{path}", "downloadFile");
