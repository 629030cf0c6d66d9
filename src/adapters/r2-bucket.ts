import { bucketKeys } from "../domain/keys.ts";
import type { Bucket } from "../domain/ports/bucket.ts";

/** R2 deletes at most this many keys a call. */
const DELETE_BATCH = 1_000;

/** The bucket by its binding, for what the Worker itself reads and writes. */
export const r2Bucket = (bucket: R2Bucket): Bucket => ({
  head: async (key) => {
    const object = await bucket.head(key);
    if (object === null) return null;
    const contentType = object.httpMetadata?.contentType ?? "application/octet-stream";
    return { sizeBytes: object.size, etag: object.etag, contentType };
  },
  get: async (key, range) => {
    const object = await bucket.get(key, range === undefined ? {} : { range });
    if (object === null) return null;
    return { body: object.body, sizeBytes: range?.length ?? object.size };
  },
  getUnchanged: async (key, etag) => {
    const object = await bucket.get(key, { onlyIf: { etagMatches: etag } });
    if (object === null || !("body" in object)) return null;
    return { body: object.body, sizeBytes: object.size };
  },
  put: async (key, bytes) => {
    await bucket.put(key, bytes);
  },
  copy: async (from, to) => {
    const object = await bucket.get(from);
    if (object === null) return false;
    await bucket.put(to, object.body);
    return true;
  },
  putParts: async (key) => {
    const upload = await bucket.createMultipartUpload(key);
    const parts: R2UploadedPart[] = [];
    return {
      write: async (partNumber, bytes) => {
        parts.push(await upload.uploadPart(partNumber, bytes));
      },
      complete: async () => {
        await upload.complete(parts.sort((a, b) => a.partNumber - b.partNumber));
      },
      abort: () => upload.abort(),
    };
  },
  owners: async (startId, limit) => {
    // What stands before the id itself and behind every smaller one: a listing starts behind what it is given.
    const startAfter = `${bucketKeys.jobs}${startId}`;
    const { delimitedPrefixes } = await bucket.list({
      prefix: bucketKeys.jobs,
      delimiter: "/",
      startAfter,
      limit,
    });
    return delimitedPrefixes.map((prefix) => prefix.slice(bucketKeys.jobs.length, -1));
  },
  newestAtMs: async (prefix) => {
    const { objects } = await bucket.list({ prefix, limit: DELETE_BATCH });
    return objects.length === 0 ? null : Math.max(...objects.map(({ uploaded }) => uploaded.getTime()));
  },
  removeAll: async (prefix) => {
    for (;;) {
      const page = await bucket.list({ prefix, limit: DELETE_BATCH });
      if (page.objects.length > 0) await bucket.delete(page.objects.map((object) => object.key));
      if (!page.truncated) return;
    }
  },
});
