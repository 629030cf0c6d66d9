import { describe, expect, it } from "vitest";
import { createEventQueue } from "../../executor/event-queue.ts";
import { REPORT_EVENTS, REPORT_LOG_BYTES } from "../../src/wire/limits.ts";
import { report } from "../../src/wire/report.ts";

describe("an attempt's events", () => {
  it("joins text of one stream until it is handed out", () => {
    const queue = createEventQueue();
    queue.started(1);
    queue.log("stdout", "a", 2);
    queue.log("stdout", "b", 3);
    queue.log("stderr", "c", 4);
    expect(queue.batch()).toEqual([
      { n: 1, type: "started", atMs: 1 },
      { n: 2, type: "log", atMs: 2, stream: "stdout", data: "ab" },
      { n: 3, type: "log", atMs: 4, stream: "stderr", data: "c" },
    ]);
    queue.log("stderr", "d", 5);
    expect(queue.batch().at(-1)).toEqual({ n: 4, type: "log", atMs: 5, stream: "stderr", data: "d" });
  });

  it("sends again what was not acknowledged", () => {
    const queue = createEventQueue();
    for (const data of ["a", "b", "c"]) {
      queue.log("stdout", data, 1);
      queue.log("stderr", data, 1);
    }
    queue.batch();
    expect(queue.acknowledge(2)).toBe(true);
    expect(queue.batch().map(({ n }) => n)).toEqual([3, 4, 5, 6]);
    expect(queue.acknowledge(6)).toBe(true);
    expect(queue.isEmpty()).toBe(true);
  });

  it("knows an acknowledgement that cannot be", () => {
    const queue = createEventQueue();
    queue.started(1);
    expect(queue.acknowledge(1)).toBe(false);
    queue.batch();
    expect(queue.acknowledge(1)).toBe(true);
    expect(queue.acknowledge(0)).toBe(false);
    expect(queue.acknowledge(2)).toBe(false);
  });

  it("says when a report is worth sending, and later when no more should come", () => {
    const queue = createEventQueue();
    const half = "x".repeat(REPORT_LOG_BYTES / 2);
    const seen = [1, 2, 3, 4].map((atMs) => {
      queue.log("stdout", half, atMs);
      return [queue.holdsReport(), queue.isFull()];
    });
    expect(seen).toEqual([
      [false, false],
      [true, false],
      [true, false],
      [true, true],
    ]);
  });

  it("keeps batches within the report's bounds and loses nothing", () => {
    const queue = createEventQueue();
    const text = "é🦆x".repeat(REPORT_LOG_BYTES / 3);
    queue.log("stdout", text, 1);
    for (let index = 0; index < 3_000; index += 1) queue.log(index % 2 ? "stdout" : "stderr", "y", 1);
    expect(queue.isFull()).toBe(true);
    let seen = "";
    for (let round = 0; !queue.isEmpty(); round += 1) {
      expect(round).toBeLessThan(100);
      const { events } = report.parse({ events: queue.batch() });
      const data = events.map((event) => (event.type === "log" ? event.data : "")).join("");
      expect(Buffer.byteLength(data)).toBeLessThanOrEqual(REPORT_LOG_BYTES);
      expect(events.length).toBeLessThanOrEqual(REPORT_EVENTS);
      expect(data.isWellFormed()).toBe(true);
      seen += data;
      queue.acknowledge(events.at(-1)?.n ?? 0);
    }
    expect(seen).toBe(text + "y".repeat(3_000));
  });
});
