import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { rawFetch } from "./client.ts";

export const TAX = "/calculator/tax-pnl/securities";
export const CHECKSUM = "/files/checksum/sha256";

export type Output = { readonly name: string; readonly url: string; readonly sha256: string };
export type Job = Readonly<Record<string, unknown>> & {
  readonly job_id: string;
  readonly status: string;
  readonly url: string;
  readonly uploads: readonly { readonly name: string; readonly url: string }[];
  readonly outputs: readonly Output[];
};

const dataOf = async (response: Response): Promise<Job> => {
  const body = (await response.json()) as { code: number; data: Job };
  expect([response.status, body]).toMatchObject([200, { code: 200 }]);
  return body.data;
};

export const post = async (path: string, body: unknown): Promise<Job> =>
  dataOf(
    await rawFetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

export const read = async (path: string, id: string, headers: Record<string, string> = {}): Promise<Job> =>
  dataOf(await rawFetch(`${path}/${id}`, { headers }));

/** The job once it has ended; asking is what a client does, and one of the ways in which it starts. */
export const ended = async (path: string, id: string, times = 10): Promise<Job> => {
  let job = await read(path, id);
  for (
    let count = 0;
    count < times && ["created", "queued", "in_progress"].includes(job.status);
    count += 1
  ) {
    job = await read(path, id, { prefer: "wait=30" });
  }
  return job;
};

/** A plain `curl -X PUT` of a file, and the status that it got. */
export const curlPut = async (url: string, args: readonly string[], file: string): Promise<number> => {
  const common = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "PUT"];
  const curl = spawn("curl", [...common, ...args, "--upload-file", file, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [status] = await Promise.all([text(curl.stdout), once(curl, "close")]);
  return Number(status);
};
