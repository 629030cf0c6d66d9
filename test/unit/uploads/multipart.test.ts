import { describe, expect, it } from "vitest";
import {
  accepted,
  BOUNDARY,
  bytes,
  files,
  filesIn,
  join,
  multipart,
  read,
  refused,
} from "./support/submit.ts";

const MAIN = files("main.py", "print(1)\n");

describe("a multipart submission", () => {
  it("gives plain files under their own relative names", async () => {
    expect(await filesIn([MAIN, files("./lib/util/a.py", "x = 1"), files("data.csv", "")])).toEqual({
      "main.py": "print(1)\n",
      "lib/util/a.py": "x = 1",
      "data.csv": "",
    });
  });

  it("takes the manifest before, between and after the files", async () => {
    const manifest = { name: "manifest", content: '{"entrypoint":"main.py"}' };
    for (const parts of [
      [manifest, MAIN],
      [MAIN, manifest, files("b", "")],
      [MAIN, manifest],
    ]) {
      expect(accepted(await read(multipart(parts))).manifest).toBe('{"entrypoint":"main.py"}');
    }
  });

  it("says where each file's content is in the tar", async () => {
    const result = await read(multipart([MAIN, files("é/long-".padEnd(180, "x"), "second")]));
    const { entries, tarBytes } = accepted(result);
    expect(result.tar.length).toBe(tarBytes);
    const texts = entries.map(({ contentOffset, sizeBytes }) =>
      new TextDecoder().decode(result.tar.subarray(contentOffset, contentOffset + sizeBytes)),
    );
    expect(texts).toEqual(["print(1)\n", "second"]);
  });

  it("ignores other parts and a part called `file`", async () => {
    const parts = [
      { name: "comment", content: "hello" },
      MAIN,
      { name: "file", filename: "x.py", content: "no" },
    ];
    expect(await filesIn(parts)).toEqual({ "main.py": "print(1)\n" });
  });

  it("skips the empty part of a file input that was left empty", async () => {
    expect(await filesIn([files("", ""), MAIN])).toEqual({ "main.py": "print(1)\n" });
  });

  it("keeps line ends and text that looks like a boundary inside a file", async () => {
    const content = `\r\n--${BOUNDARY}x\r\n--${BOUNDARY}-\r\n\n--${BOUNDARY}\r\n--${BOUNDARY.slice(0, -1)}\r\n\r\n`;
    expect(await filesIn([files("a", content), files("b", "\r\n")])).toEqual({ a: content, b: "\r\n" });
  });

  it("accepts a preamble, blanks after a boundary and an epilogue", async () => {
    const head =
      'Content-Type: text/x-python\r\nCONTENT-disposition: form-data; name=files; filename="a"\r\n\r\n';
    const body = join(
      `hello\r\n--${BOUNDARY} \t\r\n${head}1\r\n--${BOUNDARY}--\r\nbye\r\n--${BOUNDARY}\r\nx`,
    );
    expect(accepted(await read(body)).entries.map(({ path }) => path)).toEqual(["a"]);
  });

  it.each([
    ["a quoted boundary", `multipart/form-data; charset=utf-8; boundary="${BOUNDARY}"`],
    ["other letter case", `Multipart/Form-Data;BOUNDARY=${BOUNDARY}`],
    ["a parameter after it", `multipart/form-data; boundary=${BOUNDARY}; charset=utf-8`],
  ])("reads a content type with %s", async (_, contentType) => {
    expect((await read(multipart([MAIN]), { contentType })).outcome.kind).toBe("ok");
  });

  it.each([
    "text/plain",
    "multipart/mixed; boundary=a",
    "multipart/form-data",
    'multipart/form-data; boundary=""',
    "",
  ])("refuses the content type %j", async (contentType) => {
    const refusal = refused(await read(multipart([MAIN]), { contentType }));
    expect(refusal.code).toBe("unsupported_media_type");
  });

  it.each([
    ['"a b.py"', "a b.py"],
    ['"say \\"hi\\".py"', 'say "hi".py'],
    ['"say %22hi%22.py"', 'say "hi".py'],
    ['"100%.py"', "100%.py"],
    ['"naïve.py"', "naïve.py"],
    ["\"x\"; filename*=UTF-8''na%C3%AFve.py", "naïve.py"],
    ["plain.py", "plain.py"],
  ])("reads the file name %s", async (given, expected) => {
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename=${given}\r\n\r\n`;
    const body = join(head, `1\r\n--${BOUNDARY}--\r\n`);
    expect(accepted(await read(body)).entries.map(({ path }) => path)).toEqual([expected]);
  });

  it.each([
    ["an empty body", ""],
    ["no boundary", "hello"],
    [
      "no closing boundary",
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc`,
    ],
    ["an end inside headers", `--${BOUNDARY}\r\nContent-Disposition: form-`],
    ["a header line without a colon", `--${BOUNDARY}\r\nhello\r\n\r\nabc\r\n--${BOUNDARY}--`],
    [
      "a name that is not closed",
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a\r\n\r\n\r\n--${BOUNDARY}--`,
    ],
    ["headers without an end", `--${BOUNDARY}\r\n${"X: y\r\n".repeat(4_000)}\r\n\r\n--${BOUNDARY}--`],
  ])("refuses %s as malformed", async (_, body) => {
    expect(refused(await read(bytes(body))).code).toBe("malformed_multipart");
  });

  it("refuses headers that are not UTF-8", async () => {
    const body = join(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="`,
      Uint8Array.of(0xff, 0xfe),
      `"\r\n\r\nabc\r\n--${BOUNDARY}--`,
    );
    const { code, message } = refused(await read(body));
    expect([code, message]).toEqual(["malformed_multipart", expect.stringContaining('"\\xff\\xfe"')]);
  });

  it("refuses a body without files, and says so when they were called `file`", async () => {
    const manifest = { name: "manifest", content: "{}" };
    expect(refused(await read(multipart([manifest])))).toMatchObject({ code: "no_files", field: "files" });
    const misnamed = await read(multipart([{ name: "file", filename: "main.py", content: "1" }]));
    expect(refused(misnamed).message).toContain("name it `files`");
  });

  it("refuses a `files` part without a file name", async () => {
    expect(refused(await read(multipart([{ name: "files", content: "print(1)" }]))).code).toBe("bad_name");
    expect(refused(await read(multipart([files("", "print(1)")]))).code).toBe("bad_name");
  });

  it("refuses a second manifest, one that is not UTF-8, and one over its cap", async () => {
    const manifest = (content: string | Uint8Array) => ({ name: "manifest", content });
    const codes = await Promise.all(
      [
        [manifest("{}"), manifest("{}"), MAIN],
        [manifest(Uint8Array.of(0xc3)), MAIN],
        [manifest(" ".repeat(1024 * 1024 + 1)), MAIN],
      ].map(async (parts) => refused(await read(multipart(parts)))),
    );
    expect(codes.map(({ code, field }) => [code, field])).toEqual([
      ["bad_manifest_part", "manifest"],
      ["bad_manifest_part", "manifest"],
      ["too_large", "manifest"],
    ]);
  });
});
