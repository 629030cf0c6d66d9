import { describe, expect, it } from "vitest";
import { outputPath } from "../../executor/archive-path.ts";

const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

describe("an output's name", () => {
  it.each([
    "a",
    "a/b/c.txt",
    "-rf",
    " leading",
    "a".repeat(255),
    "é",
    "\u202etxt.exe",
    "a/./b",
    "./a",
    "a//b",
  ])("is kept: %j", (name) => {
    expect(outputPath(latin1(name))).toBe(name.replaceAll("./", "").replaceAll("//", "/"));
  });

  it.each([
    "",
    "./",
    "..",
    "../a",
    "a/../../b",
    "/etc/passwd",
    "a\nb",
    "a\u001b[2J",
    "a\u0085",
    "a\u2028b",
    "a\u2029",
    "..\\w",
    "a".repeat(256),
    "1/2/3/4/5/6/7/8/9/10",
  ])("is refused: %j", (name) => {
    expect(outputPath(latin1(name))).toBeNull();
  });

  it("is refused when its bytes are no UTF-8", () => {
    expect(outputPath("\xff\xfe")).toBeNull();
    expect(outputPath("\xc0\xaf")).toBeNull();
  });
});
