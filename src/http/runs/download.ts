import { z } from "@hono/zod-openapi";
import type { Deps } from "../../deps/types.ts";
import type { JobSnapshot } from "../../domain/job/record.ts";
import { isTerminal } from "../../domain/job/state.ts";
import type { Bucket } from "../../domain/ports/bucket.ts";
import { TAR_END, tarHeader, tarPadding } from "../../uploads/index.ts";
import { attachment } from "../kit/attachment.ts";
import type { RunOperation } from "./face.ts";
import { findRun, runNotFound } from "./find-run.ts";
import { outputKey } from "./output-file.ts";
import { problem } from "./problem.ts";
import { problemResponse, runIdParam, unknownJob } from "./schemas.ts";

/** All outputs as a tar whose members start with `./`, read from the bucket one after the other. */
async function* tarOf(bucket: Bucket, snapshot: JobSnapshot): AsyncGenerator<Uint8Array> {
  const modifiedAtSeconds = Math.floor((snapshot.finishedAtMs ?? 0) / 1_000);
  for (const file of snapshot.result?.outputs ?? []) {
    const key = outputKey(snapshot, file);
    const stored = key === null ? null : await bucket.get(key);
    if (stored === null || stored.sizeBytes !== file.sizeBytes)
      throw new Error("an output is not in the bucket");
    const { path, sizeBytes, executable = false } = file;
    yield tarHeader({ path, kind: "file", sizeBytes, executable, modifiedAtSeconds }, "./");
    yield* stored.body;
    yield tarPadding(file.sizeBytes);
  }
  yield TAR_END;
}

const streamOf = (chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await chunks.return(undefined);
    },
  });

export const download = (deps: Deps): RunOperation => ({
  contract: {
    method: "get",
    path: "/download/{id}",
    operationId: "downloadRun",
    tags: ["runs"],
    summary: "Everything that the run made, as a tar.gz; the run is deleted once it has been sent in full",
    description:
      "Once it has been sent in full, every other route answers 404, and this one answers again for ten minutes: " +
      "a connection may break in its last bytes.",
    request: { params: runIdParam },
    responses: {
      200: { description: "The archive", content: { "application/gzip": { schema: z.string() } } },
      409: problemResponse("The run has not ended"),
      ...unknownJob,
    },
  },
  handle: async ({ c }) => {
    const run = findRun(c, deps.jobs);
    const snapshot = (await run?.forDownload()) ?? null;
    if (run === null || snapshot === null) return runNotFound(c);
    if (!isTerminal(snapshot.state)) {
      return problem(c, {
        code: "not_finished",
        error: "The run has not ended; its files can be downloaded when it has",
      });
    }
    const headers = {
      "Content-Type": "application/gzip",
      "Content-Disposition": attachment(`${snapshot.id}.tar.gz`),
      "Content-Security-Policy": "sandbox",
    };
    if (c.req.raw.method === "HEAD") return c.body(null, 200, headers);
    // With the standard TransformStream, workerd resolves a pipe whose reader has cancelled: a download
    // that broke off would count as sent.
    const { readable, writable } = new IdentityTransformStream();
    const sent = streamOf(tarOf(deps.bucket, snapshot))
      .pipeThrough(new CompressionStream("gzip"))
      .pipeTo(writable);
    c.executionCtx.waitUntil(
      sent.then(
        () => run.noteDownloaded(),
        (error: unknown) => deps.log.info("download.broken_off", { reason: String(error).slice(0, 200) }),
      ),
    );
    return c.body(readable, 200, headers);
  },
});
