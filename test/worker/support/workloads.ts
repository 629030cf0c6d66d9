import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { expect } from "vitest";
import worker from "../../../src/index.ts";
import type { Client } from "./client.ts";
import { testEnv } from "./env.ts";
import { eventually } from "./eventually.ts";

export const TAX = "/calculator/tax-pnl/securities";
export const CHECKSUM = "/files/checksum/sha256";
export const CSV = "date,security,side,quantity,price\n2026-01-05,ABC,BUY,10,100\n";

export type Data = Readonly<Record<string, unknown>>;
type Upload = { readonly name: string; readonly url: string };

/** The `data` of a good answer, whose envelope is checked on the way. */
export const dataOf = async (response: Response): Promise<Data> => {
  const body = await response.json<{ code: number; data: Data; timestamp: number; transaction_id: string }>();
  expect([response.status, body]).toMatchObject([200, { code: 200 }]);
  expect(Object.keys(body).sort()).toEqual(["code", "data", "timestamp", "transaction_id"]);
  expect(body.transaction_id).toMatch(/^[0-9a-f-]{36}$/);
  return body.data;
};

/** An error in this face's own shape. */
export const expectWorkloadError = async (response: Response, code: number): Promise<Data> => {
  const body = await response.json<Data>();
  expect([response.status, body]).toMatchObject([
    code,
    { code, message: expect.stringMatching(/./), timestamp: expect.any(Number) },
  ]);
  expect(body.transaction_id).toBe(response.headers.get("x-request-id"));
  return body;
};

export const create = async (client: Client, path = TAX, body: unknown = { security_type: "domestic" }) => {
  const data = await dataOf(await client.post(path, body));
  const uploads = data.uploads as readonly Upload[];
  return { id: String(data.job_id), data, keys: new Map(uploads.map(({ name, url }) => [name, keyOf(url)])) };
};

/** The bucket's S3 endpoint cannot be reached in here, so its binding stands in for the URL. */
export const keyOf = (url: string): string => new URL(url).pathname.split("/").slice(2).join("/");

export const put = async (
  key: string | undefined,
  content: string | Uint8Array,
  contentType = "text/csv",
): Promise<R2Object> => {
  if (key === undefined) throw new Error("there is no such part");
  return testEnv.BUCKET.put(key, content, { httpMetadata: { contentType } });
};

export const read = async (client: Client, path: string, id: string): Promise<Data> =>
  dataOf(await client.fetch(`${path}/${id}`));

/** The job once it has ended. */
export const ended = (client: Client, path: string, id: string): Promise<Data> =>
  eventually(`an end of ${id}`, async () => {
    const data = await read(client, path, id);
    return ["succeeded", "failed", "cancelled", "expired"].includes(String(data.status)) ? data : null;
  });

export const bucketEvent = (key: string, change: Record<string, unknown> = {}) => ({
  account: "0123456789abcdef0123456789abcdef",
  action: "PutObject",
  bucket: testEnv.R2_BUCKET_NAME,
  object: { key, size: 3, eTag: "5d41402abc4b2a76b9719d911017c592" },
  eventTime: "2026-11-22T05:00:00.000Z",
  ...change,
});

/** Delivers a batch of the bucket's notifications, and answers what became of each message. */
export const notify = async (...bodies: unknown[]) => {
  const messages = bodies.map((body, index) => ({
    id: `event-${index}`,
    timestamp: new Date(),
    attempts: 1,
    body,
  }));
  const batch = createMessageBatch("sandpiper-bucket-events", messages);
  const context = createExecutionContext();
  await worker.queue(batch, testEnv as unknown as Record<string, unknown>);
  return getQueueResult(batch, context);
};
