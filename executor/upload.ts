import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { LEASE_MS } from "../src/wire/limits.ts";
import { backoffMs, pause } from "./backoff.ts";
import type { Collected } from "./collect.ts";
import { openRequest } from "./http-request.ts";
import type { ReportClient } from "./report-client.ts";
import type { OriginCheck } from "./storage-origins.ts";

const CONCURRENCY = 4;
const TRIES = 5;
const SILENCE_MS = 30_000;
const GRANT_MS = 2 * LEASE_MS;

/** Status of one PUT; null when the connection failed. The length is stated, because R2 wants to know it. */
const put = (url: string, { file, spoolPath }: Collected, signal: AbortSignal): Promise<number | null> =>
  new Promise((resolve) => {
    const headers = { "content-length": file.sizeBytes };
    const request = openRequest(url, { method: "PUT", headers, signal, timeout: SILENCE_MS });
    request.once("response", (response) => {
      response.resume();
      response.once("close", () => resolve(response.statusCode ?? null));
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(null));
    // A failure of the pipe is the request's failure, which is answered above.
    pipeline(createReadStream(spoolPath), request).catch(() => resolve(null));
  });

const putWithRetries = async (url: string, collected: Collected, signal: AbortSignal): Promise<boolean> => {
  for (let failures = 1; failures <= TRIES; failures += 1) {
    const status = await put(url, collected, signal);
    if (status !== null && status < 300) return true;
    if (signal.aborted || (status !== null && status < 500 && status !== 429)) return false;
    await pause(backoffMs(failures), signal);
  }
  return false;
};

const askForUrls = async (client: ReportClient, outputs: readonly Collected[], signal: AbortSignal) => {
  const deadlineMs = Date.now() + GRANT_MS;
  for (let failures = 1; !signal.aborted && Date.now() < deadlineMs; failures += 1) {
    const answer = await client.uploads(outputs.map(({ file }) => file));
    if (answer.kind === "accepted") return answer.value.uploads.map(({ url }) => url);
    if (answer.kind !== "unavailable") return null;
    await pause(backoffMs(failures), signal);
  }
  return null;
};

/**
 * Sends every output to the place that the Worker names for it; false when one could not be stored, or when a
 * place is none of those that this executor may store at.
 */
export const uploadOutputs = async (
  client: ReportClient,
  outputs: readonly Collected[],
  { isAllowed, signal }: { readonly isAllowed: OriginCheck; readonly signal: AbortSignal },
): Promise<boolean> => {
  if (outputs.length === 0) return true;
  const urls = await askForUrls(client, outputs, signal);
  if (urls?.length !== outputs.length || !urls.every(isAllowed)) return false;
  const waiting = outputs.entries();
  let stored = true;
  const work = async (): Promise<void> => {
    for (const [index, collected] of waiting) {
      if (!stored) return;
      if (!(await putWithRetries(urls[index] ?? "", collected, signal))) stored = false;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return stored;
};
