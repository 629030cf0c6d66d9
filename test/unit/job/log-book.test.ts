import { describe, expect, it } from "vitest";
import { appendLog, type LogChunk, type LogEntry, recordsOf } from "../../../src/domain/job/log-book.ts";
import { sliceLog } from "../../../src/domain/job/log-pages.ts";
import { freshEvents } from "../../../src/domain/job/reports.ts";
import type { AttemptEvent } from "../../../src/wire/report.ts";
import { aFinishedEvent, NOW } from "./fixtures.ts";

const out = (data: string): LogEntry => ({ atMs: NOW, stream: "stdout", data });
const err = (data: string): LogEntry => ({ atMs: NOW, stream: "stderr", data });

/** Stores what the appends make, as the object does: a chunk replaces the one with its first number. */
const bookOf = (batches: readonly (readonly LogEntry[])[], capBytes?: number): LogChunk[] => {
  const chunks = new Map<number, LogChunk>();
  let tail: LogChunk | null = null;
  let event = 0;
  for (const batch of batches) {
    event += batch.length;
    for (const chunk of appendLog(tail, 1, batch, event, capBytes)) {
      chunks.set(chunk.firstSeq, chunk);
      tail = chunk;
    }
  }
  return [...chunks.values()];
};
const textOf = (chunks: readonly LogChunk[]): string =>
  chunks
    .flatMap((chunk) => recordsOf(chunk))
    .map((record) => record.data)
    .join("");

describe("the log book", () => {
  it("numbers records from 1 without gaps over any batches", () => {
    const chunks = bookOf([[out("a"), err("b")], [out("c")], [out("d".repeat(9_000))], [out("e")]]);
    const seqs = chunks.flatMap((chunk) => recordsOf(chunk)).map((record) => record.seq);
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it("rewrites a chunk until it has 8 KiB and then leaves it alone", () => {
    const chunks = bookOf(Array.from({ length: 100 }, () => [out("x".repeat(1_000))]));
    expect(chunks.length).toBeLessThanOrEqual(13);
    expect(textOf(chunks)).toBe("x".repeat(100_000));
    for (const chunk of chunks.slice(0, -1)) expect(chunk.chunkBytes).toBeGreaterThanOrEqual(8 * 1_024);
  });

  it("splits a huge batch so that no stored value nears 2 MB", () => {
    const chunks = bookOf([Array.from({ length: 40 }, () => out("y".repeat(100_000)))]);
    for (const chunk of chunks) expect(chunk.chunkBytes).toBeLessThanOrEqual(256 * 1_024);
    expect(textOf(chunks)).toHaveLength(4_000_000);
  });

  it("cuts a stream at its cap in whole characters and marks it, leaving the other stream alone", () => {
    const chunks = bookOf([[out("abé"), out("more")], [err("still here")]], 3);
    expect(textOf(chunks)).toBe("absti");
    expect(chunks.at(-1)?.truncated).toBe(true);
  });

  it("starts a new attempt with fresh totals and goes on with the numbers", () => {
    const [first] = bookOf([[out("a"), out("b")]]);
    const appended = appendLog(first ?? null, 2, [out("c")], 1);
    expect(appended.flatMap((chunk) => recordsOf(chunk)).map((record) => record.seq)).toEqual([3]);
    expect(appended[0]).toMatchObject({
      attempt: 2,
      firstSeq: 3,
      streamBytes: { stdout: 1 },
      lastEvent: 1,
    });
  });

  it("is read in pages that join without loss or repetition from anywhere", () => {
    const chunks = bookOf(Array.from({ length: 50 }, (_, index) => [out(`${index};`.repeat(300))]));
    const tail = chunks.at(-1) ?? null;
    for (const after of [0, 1, 17, 49, 50]) {
      const seqs: number[] = [];
      let from = after;
      for (let more = true; more; ) {
        const slice = sliceLog(chunks, tail, from, 2_000);
        seqs.push(...slice.records.map((record) => record.seq));
        ({ next: from, more } = slice);
      }
      expect(seqs).toEqual(Array.from({ length: 50 - after }, (_, index) => after + 1 + index));
    }
  });
});

describe("numbered events", () => {
  const log = (n: number): AttemptEvent => ({ n, type: "log", atMs: NOW, stream: "stdout", data: `${n}` });

  it("count once, however often a batch is sent", () => {
    const first = freshEvents([{ n: 1, type: "started", atMs: NOW }, log(2)], 0);
    expect(first).toMatchObject({ kind: "fresh", lastEvent: 2, started: true });
    expect(freshEvents([{ n: 1, type: "started", atMs: NOW }, log(2), log(3)], 2)).toMatchObject({
      lastEvent: 3,
      started: false,
      logs: [{ data: "3" }],
    });
  });

  it("must not leave a gap or come out of order", () => {
    expect(freshEvents([log(4)], 2)).toEqual({ kind: "gap", expected: 3 });
    expect(freshEvents([log(4), log(3)], 2)).toEqual({ kind: "gap", expected: 3 });
  });

  it("may bring the end, and a heartbeat brings nothing", () => {
    expect(freshEvents([aFinishedEvent({ n: 3 })], 2)).toMatchObject({ finished: { reason: "exit" } });
    expect(freshEvents([], 7)).toMatchObject({ kind: "fresh", lastEvent: 7, logs: [], finished: null });
  });
});
