import { describe, expect, it } from "vitest";
import { mimeBase64, readLaxBase64 } from "../../../src/domain/judge0/base64.ts";
import { splitArguments } from "../../../src/http/judge0/arguments.ts";
import { fitsSelector, semverOf } from "../../../src/http/piston/version.ts";

describe("a line of arguments", () => {
  it.each([
    ["", []],
    ["  a  b ", ["a", "b"]],
    ["'a b' \"c d\"", ["a b", "c d"]],
    ['a\\ b \'\\n\' "\\""', ["a b", "\\n", '"']],
    ["--x='1 2'y \"\"", ["--x=1 2y", ""]],
    ["$HOME; rm -rf / | cat > x & `id`", ["HOME", "rm", "-rf", "/", "cat", "x", "id"]],
    ["'never closed", ["never closed"]],
  ])("is split as a shell would, and nothing of it is expanded: %j", (line, args) => {
    expect(splitArguments(line)).toEqual(args);
  });
});

describe("base64 of the original", () => {
  it("skips what is outside of the alphabet, and breaks lines", () => {
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    expect(text(readLaxBase64("aGVs\nbG8 ="))).toBe("hello");
    expect(text(readLaxBase64("aGVsbG8"))).toBe("hello");
    expect(mimeBase64(new TextEncoder().encode("hello, Judge0\n"))).toBe("aGVsbG8sIEp1ZGdlMAo=\n");
    expect(mimeBase64(new Uint8Array(45))).toBe(`${"A".repeat(60)}\n`);
  });
});

describe("a version", () => {
  it.each([
    ["2.16.01", "2.16.1"],
    ["6.8.0.105", "6.8.0"],
    ["8.7", "8.7.0"],
    ["24", "24.0.0"],
  ])("%s is %s", (version, semver) => expect(semverOf(version)).toBe(semver));

  it.each([
    ["*", true],
    ["3", true],
    ["3.x", true],
    ["3.11.2", true],
    ["3.10.0", false],
    ["^3.9.0", true],
    ["^4", false],
    ["~3.11.0", true],
    ["~3.10", false],
    [">=3 <4", true],
    [">= 3.12", false],
    ["2 || 3", true],
    ["latest", null],
    ["", null],
    ["3.11.2.1", null],
  ])("3.11.2 against %j: %s", (selector, fits) => expect(fitsSelector("3.11.2", selector)).toBe(fits));
});
