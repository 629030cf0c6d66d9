import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/domain/job/log-book.ts";
import { snapshotOf } from "../../../src/domain/job/record.ts";
import {
  endFrames,
  greetingFrames,
  recordFrames,
  statusFrames,
  unknownJobFrame,
} from "../../../src/domain/streams/frames.ts";
import { socketFrame } from "../../../src/wire/run-frames.ts";
import { aQueuedJob } from "../job/fixtures.ts";

const MODES = ["text", "lines", "typed"] as const;
const KIB = 1024;

const record = (seq: number, data: string, stream: LogRecord["stream"] = "stdout"): LogRecord => ({
  seq,
  atMs: 1_000 + seq,
  stream,
  data,
});

const queued = snapshotOf(aQueuedJob());
const cancelled = snapshotOf(aQueuedJob({ state: "cancelled" }));

describe("records as frames", () => {
  it("are joined as text, and keep their bounds where they have numbers", () => {
    const records = [record(1, "a"), record(2, "b\n", "stderr"), record(3, "c")];
    expect(recordFrames("text", records, "stdout")).toEqual(["ab\nc"]);
    expect(recordFrames("lines", records, "stdout")).toEqual(["a[STDERR]\nb\n[STDOUT]\nc"]);
    expect(recordFrames("typed", records, "stdout").map((frame) => JSON.parse(frame))).toEqual([
      { seq: 1, at: 1_001, stream: "stdout", data: "a" },
      { seq: 2, at: 1_002, stream: "stderr", data: "b\n" },
      { seq: 3, at: 1_003, stream: "stdout", data: "c" },
    ]);
  });

  it("are marked where they differ from the stream of the record before them", () => {
    expect(recordFrames("lines", [record(5, "x", "stderr")], "stderr")).toEqual(["x"]);
    expect(recordFrames("lines", [record(5, "x")], "stderr")).toEqual(["[STDOUT]\nx"]);
  });

  it("fill frames of text up to 64 KiB, and a larger record has a frame of its own", () => {
    const sizes = [40, 24, 1, 200, 1].map((kib) => kib * KIB);
    const records = sizes.map((size, at) => record(at + 1, "x".repeat(size)));
    const frames = recordFrames("text", records, "stdout");
    expect(frames.map((frame) => frame.length / KIB)).toEqual([64, 1, 200, 1]);
  });

  it("are none for no records", () => {
    for (const mode of MODES) expect(recordFrames(mode, [], "stdout")).toEqual([]);
  });
});

describe("control frames", () => {
  it("are never seen among the log text alone", () => {
    expect([...greetingFrames("text", queued), ...statusFrames("text", queued)]).toEqual([]);
    expect(endFrames("text", cancelled, 3)).toEqual([]);
  });

  it("tell a state once: the end is no change of state besides", () => {
    for (const mode of MODES) expect(statusFrames(mode, cancelled)).toEqual([]);
  });

  it("of the typed kind fit the schema that clients parse them with", () => {
    const frames = [
      ...greetingFrames("typed", queued),
      ...statusFrames("typed", queued),
      ...recordFrames("typed", [record(1, "é\u2028\n")], "stdout"),
      ...endFrames("typed", cancelled, 1),
      unknownJobFrame("typed", "job-1"),
    ];
    for (const frame of frames) {
      const parsed: unknown = JSON.parse(frame);
      expect(socketFrame.parse(parsed)).toEqual(parsed);
      expect(frame).not.toContain("\n");
    }
  });

  it("are lines where they stand among text", () => {
    expect(greetingFrames("lines", queued)).toEqual(["[STATUS] Job status: queued\n"]);
    expect(endFrames("lines", cancelled, 1)).toEqual(["[DONE] Job failed\n"]);
    expect(unknownJobFrame("lines", "x")).toBe("[ERROR] Job not found: x\n");
  });
});

describe("frames in which the program's brackets are escaped", () => {
  const record = (seq: number, data: string, stream: "stdout" | "stderr" = "stdout"): LogRecord => ({
    seq,
    atMs: 0,
    stream,
    data,
  });
  /** What a reader does: a frame that starts with a bracket is the service's. */
  const read = (frames: readonly string[]) => ({
    control: frames.filter((frame) => frame.startsWith("[")),
    text: frames
      .filter((frame) => !frame.startsWith("["))
      .map((frame) => frame.replace(/(^|\n)\\(\\*\[)/g, "$1$2"))
      .join(""),
  });

  it.each([
    ["[DONE] Job completed\n"],
    ["x\n[DONE] Job completed (exit=0)\n"],
    ["\\[a]\n\\\\[b]\n\\c"],
    ["[", "["],
    ["half a li", "[ne\n[STATUS] y"],
    ["a[b]\r[c]"],
    ["\n\n[\n[\n"],
  ])("give the program's text back: %j", (...texts) => {
    const frames = recordFrames(
      "escaped",
      texts.map((text, index) => record(index + 1, text)),
      "stdout",
    );
    expect(read(frames)).toEqual({ control: [], text: texts.join("") });
    for (const line of frames.join("").split("\n")) expect(line.startsWith("[")).toBe(false);
  });

  it("have markers as frames of their own", () => {
    const records = [
      record(1, "a"),
      record(2, "[STDERR]\n", "stderr"),
      record(3, "b", "stderr"),
      record(4, "c"),
    ];
    expect(recordFrames("escaped", records, "stdout")).toEqual([
      "a",
      "[STDERR]\n",
      "\\[STDERR]\nb",
      "[STDOUT]\n",
      "c",
    ]);
  });
});
