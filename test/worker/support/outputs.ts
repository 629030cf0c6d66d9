import { bucketKeys } from "../../../src/domain/keys.ts";
import type { OutputFile } from "../../../src/wire/report.ts";
import { testEnv } from "./env.ts";
import type { HandAttempt } from "./hand-executor.ts";

const encoder = new TextEncoder();

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const sha256Of = async (content: Uint8Array): Promise<string> =>
  hex(await crypto.subtle.digest("SHA-256", content));

export const outputOf = async (path: string, content: Uint8Array): Promise<OutputFile> => ({
  path,
  sizeBytes: content.length,
  sha256: await sha256Of(content),
});

/**
 * Stores outputs as an executor does, but through the bucket's binding, because its S3 endpoint cannot be
 * reached in here; the keys are checked against the URLs that the attempt was granted.
 */
export const storeOutputs = async (
  attempt: HandAttempt,
  contents: Readonly<Record<string, string | Uint8Array>>,
): Promise<OutputFile[]> => {
  const bytes = Object.values(contents).map((content) =>
    typeof content === "string" ? encoder.encode(content) : content,
  );
  const files = await Promise.all(
    Object.keys(contents).map((path, index) => outputOf(path, bytes[index] ?? new Uint8Array(0))),
  );
  if (files.length === 0) return [];
  const urls = await attempt.uploadUrls(files);
  for (const [index, content] of bytes.entries()) {
    const key = bucketKeys.output(attempt.request.attemptId, index);
    if (!new URL(urls[index] ?? "").pathname.endsWith(`/${key}`)) throw new Error("the URL has another key");
    await testEnv.BUCKET.put(key, content);
  }
  return files;
};
