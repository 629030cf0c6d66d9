import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { collect, newClient } from "./support/client.ts";
import { processesWith } from "./support/processes.ts";
import { cutSockets } from "./support/sockets.ts";

const MIB = 1_048_576;
const LOOK_MS = 5;
/** The bound is half a second; a machine that also runs the tests may be late by as much again. */
const DEAD_MS = 1_000;

const untilNone = async (mark: string): Promise<void> => {
  const deadlineMs = performance.now() + 10_000;
  while (processesWith(mark) > 0) {
    if (performance.now() > deadlineMs) throw new Error("the program is still there");
    await delay(LOOK_MS);
  }
};

describe("cancelling a run", () => {
  test("kills a program with all its children, whatever they do about signals, and keeps its log", async () => {
    const client = newClient();
    const mark = `marker-${randomUUID()}`;
    const { job_id: id } = await client.submit({
      interpreter: "bash",
      code: `trap '' TERM INT HUP
for n in 1 2 3; do (exec -a "${mark}" sleep 60) & done
echo "half a line" && printf unfinished
while :; do sleep 0.1; done`,
      args: [mark],
    });
    let seen = "";
    for await (const { data } of client.logs(id)) {
      seen += data;
      if (seen.includes("unfinished")) break;
    }
    expect(processesWith(mark)).toBeGreaterThan(3);

    const askedAtMs = performance.now();
    const cancelled = client.cancel(id);
    await untilNone(mark);
    const deadMs = performance.now() - askedAtMs;
    const report = await cancelled;
    const answeredMs = performance.now() - askedAtMs;
    process.stdout.write(
      `cancelled: dead after ${Math.round(deadMs)} ms, answered after ${Math.round(answeredMs)} ms\n`,
    );
    expect(deadMs).toBeLessThan(DEAD_MS);
    expect(report).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    expect(await client.text(id)).toBe("half a line\nunfinished");
    expect((await client.stats()).your_quota).toMatchObject({ active_jobs: 0 });
    expect(await client.cancel(id)).toEqual(report);
  });
});

describe("standard input and arguments", () => {
  test("reach the program whole, up to 1 MiB, whatever is in them", async () => {
    const client = newClient();
    const args = ["--name", "a b", "", "é'\"$HOME`id`", "*", "-"];
    const stdin = `${"é😀\u0001\n".repeat(MIB / 8)}`;
    expect(new TextEncoder().encode(stdin).length).toBe(MIB);
    const { job_id: id } = await client.submit({
      code: `import hashlib, json, sys
data = sys.stdin.buffer.read()
print(json.dumps([len(data), hashlib.sha256(data).hexdigest(), sys.argv[1:]]))`,
      args,
      stdin,
    });
    expect(await client.wait(id)).toMatchObject({ status: "completed" });
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(stdin));
    expect(JSON.parse(await client.text(id))).toEqual([MIB, Buffer.from(hash).toString("hex"), args]);
  });

  test("are passed on as they are, and end where they end", async () => {
    const client = newClient();
    const stdin = "first\nsecond without an end";
    const { job_id: id } = await client.submit({ interpreter: "sh", code: "cat; echo; echo $#", stdin });
    expect(await client.wait(id)).toMatchObject({ status: "completed" });
    expect(await client.text(id)).toBe(`${stdin}\n0\n`);
  });

  test("over 1 MiB are refused", async () => {
    const client = newClient();
    const submission = { code: "1", stdin: "x".repeat(MIB + 1) };
    await expect(client.submit(submission)).rejects.toMatchObject({
      status: 400,
      code: "invalid_manifest",
      details: [expect.objectContaining({ field: "stdin" })],
    });
    expect((await client.stats()).your_quota).toMatchObject({ active_jobs: 0, jobs_last_hour: 0 });
  });
});

describe("output", () => {
  test("that is no text grows when it becomes text, is cut at the cap, and can be read", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "import sys\nfor _ in range(64): sys.stdout.buffer.write(b'\\xff' * 131072)",
    });
    const report = await client.wait(id);
    expect(report).toMatchObject({ truncated: true });
    const text = await client.text(id);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(10 * MIB);
    expect(text).toBe("\ufffd".repeat(text.length));
    const events = await collect(client.events(id));
    expect(events.at(-1)).toMatchObject({ type: "end", truncated: true });
    const streamed = events.filter((event) => "data" in event);
    expect(streamed.map(({ data }) => data).join("")).toBe(text);
    process.stdout.write(`8 MiB that are no text: ${report.termination_reason}, ${text.length} characters\n`);
  });

  test("is whole for a client that comes when the run is over and is cut off behind every record", async () => {
    const { Socket, opened } = cutSockets();
    const client = newClient({ WebSocket: Socket });
    const { job_id: id } = await client.submit({
      interpreter: "bash",
      code: "for n in 1 2 3 4 5 6; do echo out $n; sleep 0.1; echo err $n >&2; sleep 0.1; done",
    });
    await client.wait(id);
    const records = await collect(client.logs(id));
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, at) => at + 1));
    expect(records.map(({ data }) => data).join("")).toBe(await client.text(id));
    expect(opened.length).toBeGreaterThan(records.length);
  });
});
