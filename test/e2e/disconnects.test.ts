import { connect } from "node:net";
import { expect, inject, test, vi } from "vitest";
import { newAddress, rawFetch } from "./support/client.ts";

/** Sends this much of a request and then cuts the connection, without waiting for an answer. */
const cutOff = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(inject("sandpiperUrl"));
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", reject);
    socket.write(text, () => setTimeout(() => socket.destroy(), 200));
    socket.on("close", () => resolve());
  });

const quotaOf = async (address: string) => {
  const response = await rawFetch("/stats", { headers: { "cf-connecting-ip": address } });
  const { your_quota: quota } = (await response.json()) as { your_quota: Record<string, number> };
  return quota;
};

const requestOf = (address: string, headers: string, body: string, length = body.length): string =>
  `POST /submit HTTP/1.1\r\nhost: sandpiper.test\r\ncf-connecting-ip: ${address}\r\n${headers}\r\n` +
  `content-length: ${length}\r\n\r\n${body}`;

test("a client that goes in the middle of its upload holds no slot", async () => {
  const address = newAddress();
  const part = '--b\r\nContent-Disposition: form-data; name="files"; filename="main.py"\r\n\r\n';
  const body = part + "#".repeat(2_000_000);
  await cutOff(requestOf(address, "content-type: multipart/form-data; boundary=b", body, 20_000_000));
  await vi.waitFor(
    async () => expect(await quotaOf(address)).toMatchObject({ active_jobs: 0, jobs_last_hour: 0 }),
    10_000,
  );
}, 30_000);

test("a client that goes before its answer has one run, which ends, and gets it when it asks again", async () => {
  const address = newAddress();
  const body = '{"code":"print(6 * 7)"}';
  const headers = 'content-type: application/json\r\nidempotency-key: "again"';
  await cutOff(requestOf(address, headers, body));
  const again = async () =>
    rawFetch("/submit", {
      method: "POST",
      headers: {
        "cf-connecting-ip": address,
        "content-type": "application/json",
        "idempotency-key": '"again"',
        prefer: "wait=30",
      },
      body,
    });
  await vi.waitFor(async () => expect((await again()).status).toBe(200), 10_000);
  const answer = (await (await again()).json()) as { status: string; stdout: string };
  expect(answer).toMatchObject({ status: "completed", stdout: "42\n" });
  expect(await quotaOf(address)).toMatchObject({ active_jobs: 0, jobs_last_hour: 1 });
}, 60_000);
