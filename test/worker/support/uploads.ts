import { CONTENT_TYPE, multipart, type Part } from "../../unit/uploads/support/submit.ts";
import type { Client } from "./client.ts";

export { files, type Part } from "../../unit/uploads/support/submit.ts";

export const manifest = (fields: unknown): Part => ({
  name: "manifest",
  content: typeof fields === "string" ? fields : JSON.stringify(fields),
});

/** Submits parts as `multipart/form-data`, in this order. */
export const upload = (client: Client, ...parts: Part[]): Promise<Response> =>
  client.fetch("/submit", {
    method: "POST",
    headers: { "content-type": CONTENT_TYPE },
    body: multipart(parts),
  });

/** Submits parts and answers the job's id. */
export const uploaded = async (client: Client, ...parts: Part[]): Promise<string> => {
  const response = await upload(client, ...parts);
  const body = await response.json<{ job_id?: string }>();
  if (body.job_id === undefined) throw new Error(`refused: ${response.status} ${JSON.stringify(body)}`);
  return body.job_id;
};

const RANDOM_STEP = 65_536;

/** Bytes that no compression makes smaller. */
export const noise = (sizeBytes: number): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at += RANDOM_STEP) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + RANDOM_STEP, sizeBytes)));
  }
  return bytes;
};
