import { describe, expect, it } from "vitest";
import { attachment } from "../../../../src/http/kit/attachment.ts";

describe("the Content-Disposition of a download", () => {
  it("has a plain name as it is", () => {
    expect(attachment("report 2.csv")).toBe('attachment; filename="report 2.csv"');
  });

  it.each([
    ["naïve.txt", "na_ve.txt", "na%C3%AFve.txt"],
    ["日本.png", "__.png", "%E6%97%A5%E6%9C%AC.png"],
    ['say "hi".txt', "say _hi_.txt", "say%20%22hi%22.txt"],
    ["back\\slash", "back_slash", "back%5Cslash"],
    ["100%.txt", "100_.txt", "100%25.txt"],
    ["it's(1)*.txt", null, null],
  ])("carries %s whole beside an ASCII form of it", (name, plain, extended) => {
    expect(attachment(name)).toBe(
      plain === null
        ? `attachment; filename="${name}"`
        : `attachment; filename="${plain}"; filename*=UTF-8''${extended}`,
    );
  });

  it("cannot be broken out of by a line break or a quote", () => {
    const header = attachment('a"\r\nSet-Cookie: x=y; filename="b');
    expect(header).not.toMatch(/[\r\n]/);
    expect(header).toBe(
      `attachment; filename="a___Set-Cookie: x=y; filename=_b"; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3Dy%3B%20filename%3D%22b`,
    );
  });
});
