import { describe, expect, inject, test } from "vitest";
import type { LiveEvent, LogRecord } from "../../src/client/index.ts";
import { collect, newAddress, newClient, rawFetch } from "./support/client.ts";
import { readEvents } from "./support/server-sent-events.ts";
import { cutSockets, wholeSocket } from "./support/sockets.ts";

/** Prints on both streams, one piece at a time. */
const counter = (upTo: number, pauseSeconds: number): string => `
import sys, time
for n in range(1, ${upTo} + 1):
    print(f"out {n}", flush=True)
    print(f"err {n}", file=sys.stderr, flush=True)
    time.sleep(${pauseSeconds})
`;

const lines = (stream: "out" | "err", upTo: number): string =>
  Array.from({ length: upTo }, (_, index) => `${stream} ${index + 1}\n`).join("");

const textOf = (records: readonly LogRecord[], stream: LogRecord["stream"]): string =>
  records
    .filter((record) => record.stream === stream)
    .map(({ data }) => data)
    .join("");

const expectWhole = (records: readonly LogRecord[], upTo: number): void => {
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
  expect(textOf(records, "stdout")).toBe(lines("out", upTo));
  expect(textOf(records, "stderr")).toBe(lines("err", upTo));
};

/** A stream's text without its control lines; a change of stream may fall into the middle of a line. */
const unmarked = (text: string): string =>
  text.replaceAll(/\[STD(OUT|ERR)\]\n/g, "").replaceAll(/^\[(STATUS|DONE)\].*\n/gm, "");

const socketUrl = (path: string): string => `${inject("sandpiperUrl").replace("http", "ws")}${path}`;

describe("the log of a run", () => {
  test("comes out of an open socket while the program still runs", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "import time\nprint('first', flush=True)\ntime.sleep(3)\nprint('last')",
    });
    let seen = "";
    for await (const record of client.logs(id)) {
      if (seen === "") {
        const { status, exit_code } = await client.status(id);
        expect({ data: record.data, status, exit_code }).toMatchObject({
          status: "running",
          exit_code: null,
        });
        expect(record.data).toContain("first");
        expect(await client.text(id)).toMatch(/^first\n?$/);
      }
      seen += record.data;
    }
    expect(seen).toBe("first\nlast\n");
  });

  test("begins and ends with the run's state", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "raise SystemExit(3)" });
    const events: LiveEvent[] = await collect(client.events(id));
    expect(events[0]).toMatchObject({ type: "status" });
    expect(events.at(-1)).toMatchObject({
      type: "end",
      status: "failed",
      exit_code: 3,
      termination_reason: "exit",
      last_seq: 0,
    });
  });

  test("is whole for a client that is cut off behind every record", async () => {
    const { Socket, opened } = cutSockets();
    const client = newClient({ WebSocket: Socket });
    const { job_id: id } = await client.submit({ code: counter(6, 0.2) });
    const records = await collect(client.logs(id));
    expectWhole(records, 6);
    expect(opened.length).toBeGreaterThan(records.length);
    expect(opened[1]).toMatch(/\?after=1$/);
  });

  test("is the same on every path and in every form, for clients that come late", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: counter(8, 0.25) });
    const live = client.logs(id);
    for (let taken = 0; taken < 4; taken += 1) await live.next();

    const [plain, marked, alias, typed, events, rest] = await Promise.all([
      wholeSocket(socketUrl(`/logs/${id}/stream`)),
      wholeSocket(socketUrl(`/stream/${id}`)),
      wholeSocket(socketUrl(`/ws/${id}`)),
      wholeSocket(socketUrl(`/ws/${id}`), ["sandpiper.v1"]),
      rawFetch(`/logs/${id}/events`).then(readEvents),
      collect(live),
    ]);
    expect(rest[0]?.seq).toBe(5);

    expectWhole(await collect(client.logs(id)), 8);
    const asCame = await client.text(id);
    expect(plain).toMatchObject({ code: 1000 });
    expect(plain.frames.join("")).toBe(asCame);

    const markedText = marked.frames.join("");
    expect(markedText).toMatch(/^\[STATUS\] Job status: running\n/);
    expect(markedText).toMatch(/\[DONE\] Job completed \(exit=0, CPU=\d+\.\d{6}s, Mem=\d+MB\)\n$/);
    expect(unmarked(markedText)).toBe(asCame);
    expect(unmarked(alias.frames.join(""))).toBe(asCame);

    const typedRecords = typed.frames.map((frame) => JSON.parse(frame)).filter((frame) => "seq" in frame);
    expectWhole(typedRecords, 8);
    const logEvents = events.filter(({ event }) => event === "log");
    expectWhole(
      logEvents.map(({ data }) => JSON.parse(data)),
      8,
    );
    expect(logEvents.map(({ id: seq }) => seq)).toEqual(typedRecords.map(({ seq }) => String(seq)));
    expect(events.at(-1)).toMatchObject({ event: "end" });
  });

  test("can be read in pages, and resumed behind any record", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: counter(5, 0.1) });
    await client.wait(id);
    const all = await collect(client.logs(id));
    expectWhole(all, 5);

    const paged: LogRecord[] = [];
    for (let after = 0, more = true; more && paged.length <= all.length; ) {
      const response = await rawFetch(`/logs/${id}?after=${after}&limit=2`);
      const page = (await response.json()) as { records: LogRecord[]; next: number; more: boolean };
      expect(page.records.length).toBeLessThanOrEqual(2);
      paged.push(...page.records);
      ({ next: after, more } = page);
    }
    expect(paged).toEqual(all);

    for (const after of [0, 1, all.length - 1, all.length]) {
      expect(await collect(client.logs(id, { after }))).toEqual(all.slice(after));
      const response = await rawFetch(`/logs/${id}/events`, { headers: { "Last-Event-ID": String(after) } });
      const seqs = (await readEvents(response)).filter(({ event }) => event === "log").map((one) => one.id);
      expect(seqs).toEqual(all.slice(after).map(({ seq }) => String(seq)));
    }
  });

  test("of an unknown run is refused in every form", async () => {
    const id = `job-${"0".repeat(32)}`;
    await expect(newClient().logs(id).next()).rejects.toMatchObject({ status: 404, code: "job_not_found" });
    for (const path of [`/logs/${id}/stream`, `/stream/${id}`, `/ws/${id}`]) {
      expect(await wholeSocket(socketUrl(path))).toEqual({
        code: 4404,
        frames: [`[ERROR] Job not found: ${id}\n`],
      });
    }
    expect((await rawFetch(`/logs/${id}/events`)).status).toBe(404);
    expect((await rawFetch(`/logs/${id}/stream`)).status).toBe(426);
  });
});

describe("waiting for a run", () => {
  test("takes one question, on submission as on status", async () => {
    const body = JSON.stringify({ code: "import time; time.sleep(1)" });
    const headers = {
      "Content-Type": "application/json",
      Prefer: "wait=30",
      "CF-Connecting-IP": newAddress(),
    };
    const submitted = await rawFetch("/submit", { method: "POST", headers, body });
    expect(submitted.headers.get("preference-applied")).toBe("wait=30");
    expect(await submitted.json()).toMatchObject({ status: "completed", exit_code: 0 });

    const client = newClient();
    const { job_id: id } = await client.submit({ code: "import time; time.sleep(1)" });
    expect(await client.status(id, { waitSeconds: 30 })).toMatchObject({ status: "completed" });
  });

  test("ends at its deadline, and the run goes on", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "import time; time.sleep(3)" });
    expect(await client.status(id, { waitSeconds: 1 })).toMatchObject({ exit_code: null });
    await expect(client.wait(id, { timeoutMs: 500 })).rejects.toMatchObject({ code: "timed_out" });
    expect(await client.wait(id)).toMatchObject({ status: "completed" });
  });

  test("costs no body while nothing has changed", async () => {
    const client = newClient();
    const { job_id: id } = await client.submit({ code: "print(1)" });
    await client.wait(id);
    const first = await rawFetch(`/status/${id}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    const second = await rawFetch(`/status/${id}`, { headers: { "If-None-Match": etag } });
    expect(second.status).toBe(304);
    expect(await second.text()).toBe("");
    expect((await rawFetch(`/status/${id}`, { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
  });
});
