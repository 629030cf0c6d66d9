import { describe, expect, it } from "vitest";
import { fileCategory, formatSize, mimeType } from "../../../src/domain/runs/output-kinds.ts";

describe("an output's kind", () => {
  it.each([
    ["plot.PNG", "image", "image/png"],
    ["a/b.jpeg", "image", "image/jpeg"],
    ["model.h5", "model", "application/octet-stream"],
    ["clip.mov", "video", "video/quicktime"],
    ["x.ogg", "audio", "audio/ogg"],
    ["out.csv", "data", "text/csv"],
    ["run.log", "text", "text/plain"],
    ["README.md", "text", "text/markdown"],
    ["all.tar.gz", "archive", "application/gzip"],
    ["main.py", "code", "text/x-python"],
    ["a.h", "code", "text/x-c"],
    ["a.pdf", "document", "application/pdf"],
    ["Makefile", "other", "application/octet-stream"],
    ["v1.png/data", "other", "application/octet-stream"],
    ["a.constructor", "other", "application/octet-stream"],
    ["a.", "other", "application/octet-stream"],
  ])("of %s is %s and %s", (path, category, type) => {
    expect([fileCategory(path), mimeType(path)]).toEqual([category, type]);
  });

  it.each([
    [0, "0.0 B"],
    [103, "103.0 B"],
    [1_023, "1023.0 B"],
    [1_024, "1.0 KB"],
    [1_536, "1.5 KB"],
    [104_857_600, "100.0 MB"],
    [5 * 2 ** 30, "5.0 GB"],
    [3 * 2 ** 40, "3.0 TB"],
    [5_000 * 2 ** 40, "5000.0 TB"],
  ])("%d bytes are shown as %s", (sizeBytes, text) => {
    expect(formatSize(sizeBytes)).toBe(text);
  });
});
