import { describe, expect, it } from "vitest";
import { relativePath } from "../../../src/uploads/entry-path.ts";

const limits = { folderLevels: 8, pathBytes: 1_000, segmentBytes: 255 };

describe("a name that an upload gives a file", () => {
  it.each(["a b", "é", "a\u202eb", "-rf", "...", "a\u00a0b"])("may be %j", (name) => {
    expect(relativePath(name, false, limits)).toEqual({ kind: "ok", path: name });
  });

  it.each([
    ...["a\u2028b", "a\u2029b", "a\nb", "a\rb", "a\0b", "a\u001bb", "a\u007fb", "a\u0085b", "a\u009bb"],
    ...["a\ufffdb", "a\\b", "/a", "C:a", "a/../b", "..", "", ".", "a/"],
  ])("may not be %j, which no list, header or address could hold", (name) => {
    expect(relativePath(name, false, limits).kind).toBe("bad");
  });
});
