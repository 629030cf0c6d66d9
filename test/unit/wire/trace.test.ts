import { describe, expect, it } from "vitest";
import { isRecorded, readTraceparent, traceIdOf } from "../../../src/wire/trace.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const GOOD = `00-${ID}-00f067aa0ba902b7-01`;

describe("a traceparent", () => {
  it("of this version is taken as it is", () => {
    expect(readTraceparent(GOOD)).toBe(GOOD);
    expect(readTraceparent(` ${GOOD}\t`)).toBe(GOOD);
    expect(traceIdOf(GOOD)).toBe(ID);
    expect([isRecorded(GOOD), isRecorded(GOOD.replace(/01$/, "02"))]).toEqual([true, false]);
  });

  it("of a later version is read as far as this one goes", () => {
    expect(readTraceparent(GOOD.replace("00", "cc"))).toBe(GOOD);
    expect(readTraceparent(`${GOOD.replace("00", "cc")}-what-is-new`)).toBe(GOOD);
  });

  it.each([
    ["nothing", undefined],
    ["an empty text", ""],
    ["an id of zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
    ["a sender of zeros", `00-${ID}-${"0".repeat(16)}-01`],
    ["upper case", GOOD.toUpperCase()],
    ["version ff", GOOD.replace("00", "ff")],
    ["more than this version says", `${GOOD}-more`],
    ["more without a hyphen", `${GOOD.replace("00", "cc")}more`],
    ["two of them", `${GOOD}, ${GOOD}`],
    ["too little", GOOD.slice(0, -1)],
    ["a text without hyphens", "4bf92f3577b34da6a3ce929d0e0e4736"],
  ])("is not seen in %s", (_what, header) => {
    expect(readTraceparent(header)).toBeNull();
  });
});
