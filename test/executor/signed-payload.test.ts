import { describe, expect, it } from "vitest";
import { defaultFloatText, signedPayload } from "../../src/wire/signed-payload.ts";

describe("a float's default text", () => {
  it.each([
    [0, "0"],
    [2, "2"],
    [0.017976, "0.017976"],
    [0.0179761234, "0.0179761"],
    [1.2e-5, "1.2e-05"],
    [0.0001, "0.0001"],
    [0.00009999996, "0.0001"],
    [123456.7, "123457"],
    [999999.5, "1e+06"],
    [1234567, "1.23457e+06"],
    [10.5, "10.5"],
    [100, "100"],
    [1e-100, "1e-100"],
  ])("writes %d as %s", (value, text) => {
    expect(defaultFloatText(value)).toBe(text);
  });
});

describe("the signed text", () => {
  const base = {
    jobHash: "h",
    exitCode: 0,
    cpuSeconds: 2,
    memoryPeakBytes: 3 * 1024 * 1024 - 1,
    selected: [],
  };

  it("holds hash, exit code, CPU seconds and whole MiB", () => {
    expect(signedPayload(base)).toBe("h|0|2|2|");
  });

  it("signs -1 where there is no exit code", () => {
    expect(signedPayload({ ...base, exitCode: null })).toBe("h|-1|2|2|");
  });

  it("orders files by the bytes of their paths", () => {
    const paths = ["é", "z", "a/b", "a", "\u{1f986}", "\uffee"];
    const selected = paths.map((path) => ({ path, sizeBytes: 1, sha256: "s" }));
    expect(signedPayload({ ...base, selected })).toBe("h|0|2|2|a:s|a/b:s|z:s|é:s|\uffee:s|\u{1f986}:s|");
  });
});
