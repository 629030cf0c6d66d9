import { describe, expect, it } from "vitest";
import { cursorOf, cursorText } from "../../../src/domain/typed-jobs/cursor.ts";
import { decodeBody } from "../../../src/domain/typed-jobs/decode-body.ts";
import { versionsOf } from "../../../src/domain/typed-jobs/etag.ts";
import { instantSeconds } from "../../../src/domain/typed-jobs/instant.ts";
import { asciiJson, jsonText, nestsDeeper, responseText } from "../../../src/domain/typed-jobs/json.ts";
import { isTimeZone, zonedDatetime } from "../../../src/domain/typed-jobs/zone.ts";

describe("an instant", () => {
  it.each([
    ["2025-05-01", "2025-05-01T00:00:00Z"],
    ["2025-05-01T12:30", "2025-05-01T12:30:00Z"],
    ["2025-05-01 12:30:05.999", "2025-05-01T12:30:05Z"],
    ["2025-05-01T12:30:05+09:00", "2025-05-01T03:30:05Z"],
    ["2025-05-01T12:30:05-0330", "2025-05-01T16:00:05Z"],
    ["2025-05-01T12:30:05+09", "2025-05-01T03:30:05Z"],
    ["2024-02-29T23:59:59z", "2024-02-29T23:59:59Z"],
  ])("%s is %s", (text, same) => {
    expect(instantSeconds(text)).toBe(Date.parse(same) / 1_000);
  });

  it.each([
    "",
    "now",
    "1700000000",
    "2025-02-29",
    "2025-13-01",
    "2025-00-10",
    "0000-01-01",
    "2025-05-01T24:00:00",
    "2025-05-01T12:60",
    "2025-05-01T12:30:05 09:00",
    "2025-05-01T12:30+24:00",
    " 2025-05-01",
  ])("%j is none", (text) => {
    expect(instantSeconds(text)).toBeNull();
  });
});

describe("a response's datetime", () => {
  it.each([
    ["UTC", "2025-07-01T00:00:00+00:00"],
    ["Asia/Tokyo", "2025-07-01T09:00:00+09:00"],
    ["America/St_Johns", "2025-06-30T21:30:00-02:30"],
    ["Asia/Kathmandu", "2025-07-01T05:45:00+05:45"],
  ])("in %s is %s, its fraction dropped", (zone, text) => {
    expect(zonedDatetime(Date.UTC(2025, 6, 1) + 999, zone)).toBe(text);
    expect(Date.parse(text)).toBe(Date.UTC(2025, 6, 1));
  });

  it("knows no zone of another name", () => {
    expect([isTimeZone("Asia/Tokyo"), isTimeZone("Asia/Atlantis"), isTimeZone("")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a cursor", () => {
  const cursor = { registeredAtMs: 1_700_000_000_123, jobId: "0b7d4a3e-0000-4000-8000-00000000000f" };

  it("comes back as it went out, in characters that need no escape", () => {
    expect(cursorText(cursor)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(cursorOf(cursorText(cursor))).toEqual(cursor);
  });

  it.each([
    ["cut", cursorText(cursor).slice(0, -2)],
    ["with padding", `${cursorText(cursor)}=`],
    ["of no job", btoa('[1,"x"]')],
    ["of no instant", btoa(`[-1,"${cursor.jobId}"]`).replaceAll("=", "")],
    ["with a space inside", btoa(`[1, "${cursor.jobId}"]`).replaceAll("=", "")],
    ["of another form", btoa('{"registeredAtMs":1}').replaceAll("=", "")],
    ["empty", ""],
    ["endless", "A".repeat(10_000)],
  ])("%s is none", (_name, text) => {
    expect(cursorOf(text)).toBeNull();
  });
});

describe("JSON", () => {
  it("is written with sorted keys, two spaces and a newline, whatever the keys are", () => {
    const value = { b: [], a: { "2": 1, "10": [null, "é\n"], constructor: undefined }, c: {} };
    expect(responseText(value, false)).toBe(
      '{\n  "a": {\n    "10": [\n      null,\n      "é\\n"\n    ],\n    "2": 1\n  },\n  "b": [],\n  "c": {}\n}\n',
    );
    expect(responseText(JSON.parse('{"__proto__":{"x":1}}'), false)).toContain('"__proto__"');
  });

  it("is written in ASCII where asked for, and reads the same", () => {
    const value = { text: "日本 🗾 \u007f" };
    expect(responseText(value, true)).toMatch(/^[\n -\u007f]*$/);
    expect(JSON.parse(responseText(value, true))).toEqual(value);
    expect(asciiJson(value)).toBe('{"text":"\\u65e5\\u672c \\ud83d\\uddfe \u007f"}');
  });

  it("holds what JSON has no word for", () => {
    const value = { at: new Date(0), big: 5n, huge: 2n ** 70n, set: new Set([1]), none: undefined };
    expect(JSON.parse(jsonText(value))).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      big: 5,
      huge: "1180591620717411303424",
      set: [1],
    });
  });

  it("is measured in levels, brackets in strings left out", () => {
    expect(nestsDeeper('[["[[[[", "\\"]["]]', 2)).toBe(false);
    expect(nestsDeeper('[[{"a":[]}]]', 3)).toBe(true);
  });
});

describe("a body", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it.each([
    ["plain", '{"a":1}'],
    ["in base64", btoa('{"a":1}')],
    ["in base64 with line breaks", btoa('{"a":1}').replace(/(.{4})/g, "$1\r\n")],
    ["in base64 of the URL kind without padding", btoa('{"a":1}').replaceAll("=", "")],
    ["with a byte order mark", '\ufeff{"a":1}'],
  ])("%s is decoded", (_name, text) => {
    expect(decodeBody(bytes(text))).toEqual({ kind: "object", value: { a: 1 } });
  });

  it("that is no UTF-8, no JSON or no object is unfit, each in its own way", () => {
    expect(decodeBody(new Uint8Array([0xff, 0xfe]))).toMatchObject({ kind: "unfit", type: "json_invalid" });
    expect(decodeBody(bytes("{"))).toMatchObject({ type: "json_invalid" });
    expect(decodeBody(bytes("[1]"))).toMatchObject({ type: "model_type" });
    expect(decodeBody(bytes(`{"a":${"[".repeat(300)}${"]".repeat(300)}}`))).toMatchObject({
      type: "json_depth",
    });
    expect(decodeBody(bytes(`{"a":"${"x".repeat(1_048_576)}"}`))).toEqual({ kind: "too_large" });
  });
});

describe("If-Match", () => {
  it("names versions, any version, or none that can be", () => {
    expect(versionsOf(undefined)).toBeNull();
    expect(versionsOf(" * ")).toBe("any");
    expect(versionsOf('"1", W/"2" ,"3-gzip",W/"x", "4" "5"')).toEqual([1, 2, 3]);
    expect(versionsOf("1")).toEqual([]);
    expect(versionsOf("")).toEqual([]);
  });
});
