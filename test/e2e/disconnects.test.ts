import { connect } from "node:net";
import { expect, inject, test, vi } from "vitest";
import { newAddress, rawFetch } from "./support/client.ts";
import { marker, processesWith } from "./support/processes.ts";

/** Sends this much of a request and then cuts the connection, without waiting for an answer. */
const cutOff = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(inject("sandpiperUrl"));
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", reject);
    socket.write(text, () => setTimeout(() => socket.destroy(), 200));
    socket.on("close", () => resolve());
  });

/** Sends a whole request and leaves the connection open. */
const sent = (path: string, body: unknown) => {
  const { hostname, port } = new URL(inject("sandpiperUrl"));
  const text = JSON.stringify(body);
  const socket = connect({ host: hostname, port: Number(port) });
  const head = `cf-connecting-ip: ${newAddress()}\r\ncontent-type: application/json`;
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: sandpiper.test\r\n${head}\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
  );
  return socket;
};

test("a caller of a door who hangs up ends the program that it waits for; one who waits has its answer", async () => {
  const marks = [marker(), marker()];
  const code = "import time\ntime.sleep(20)";
  const sockets = [
    sent("/api/v2/execute", {
      ...{ language: "python", version: "*", files: [{ content: code }], run_timeout: 25_000 },
      args: [marks[0]],
    }),
    sent("/submissions?wait=true", {
      ...{ source_code: code, language_id: 71, wall_time_limit: 20 },
      command_line_arguments: marks[1],
    }),
  ];
  const waited = rawFetch("/api/v2/execute", {
    method: "POST",
    headers: { "cf-connecting-ip": newAddress() },
    body: JSON.stringify({
      ...{ language: "python", version: "*", run_timeout: 10_000 },
      files: [{ content: "import time\ntime.sleep(2.5)\nprint('at last')" }],
    }),
  });
  const running = () => marks.map((mark) => processesWith(mark) > 0);
  await vi.waitFor(() => expect(running()).toEqual([true, true]), 15_000);
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(() => expect(running()).toEqual([false, false]), 15_000);
  const answer = await waited;
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await answer.json()).toMatchObject({ run: { stdout: "at last\n", code: 0 }, language: "python" });
}, 60_000);

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
