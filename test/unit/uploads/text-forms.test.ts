import { describe, expect, it } from "vitest";
import { files, filesIn, multipart, read, refused } from "./support/submit.ts";

const unpacked = (text: string) => filesIn([files("code.tar", text)]);
const refusalOf = async (text: string) => refused(await read(multipart([files("code.tar", text)])));

describe("the quick-code form", () => {
  it.each(["1", "9999", "nonsense"])(
    "gives everything after the empty line, whatever a Size of %s says",
    async (size) => {
      const text = `----Tar\nPath: main.py\nSize: ${size}\n\nprint("é")\n\n----Tar\nend\n`;
      expect(await unpacked(text)).toEqual({ "main.py": 'print("é")\n\n----Tar\nend\n' });
    },
  );

  it("needs no Size and may be empty", async () => {
    expect(await unpacked("----Tar\nPath:lib/a b.py\n\n")).toEqual({ "lib/a b.py": "" });
  });

  it("refuses a path that leaves the folder, and a header that does not end", async () => {
    expect((await refusalOf("----Tar\nPath: ../x\n\n1")).code).toBe("bad_name");
    expect((await refusalOf("----Tar\nPath:\n\n1")).code).toBe("bad_name");
    expect((await refusalOf("----Tar\nPath: x\nSize: 1\n")).code).toBe("bad_archive");
    expect((await refusalOf(`----Tar\nPath: x\n${"A: b\n".repeat(30)}\n1`)).code).toBe("bad_archive");
    expect((await refusalOf(`----Tar\nPath: ${"x".repeat(5_000)}\n\n1`)).code).toBe("bad_archive");
  });
});

const LINE = "----TarBoundary1700000000000";
const entry = (path: string, text: string, size: number | string | null) =>
  `${LINE}\nPath: ${path}\n${size === null ? "" : `Size: ${size}\n`}\n${text}\n`;
const sizeOf = (text: string) => new TextEncoder().encode(text).length;

describe("the multi-file text form", () => {
  it("gives every file its exact text", async () => {
    const one = 'print("é")\n';
    const text =
      entry("main.py", one, sizeOf(one)) + entry("lib/b.txt", "", 0) + entry("c", "no line end", 11);
    expect(await unpacked(text)).toEqual({ "main.py": one, "lib/b.txt": "", c: "no line end" });
  });

  it("trusts a Size that lands on a boundary over boundary lines in the text", async () => {
    const inner = entry("inner.py", "x", 1);
    const text = entry("outer.txt", inner, sizeOf(inner)) + entry("b", "2", 1);
    expect(await unpacked(text)).toEqual({ "outer.txt": inner, b: "2" });
  });

  it("splits at boundary lines when Size counts characters", async () => {
    const text = entry("a", "ééé\n", 4) + entry("b", "ü", 1);
    expect(await unpacked(text)).toEqual({ a: "ééé\n", b: "ü" });
  });

  it.each([null, "many", 100_000, 900_000_000_000])(
    "splits at boundary lines when Size is %s",
    async (size) => {
      expect(await unpacked(entry("a", "1\n2", size) + entry("b", "3\n", size))).toEqual({
        a: "1\n2",
        b: "3\n",
      });
    },
  );

  it("takes a closing boundary line, and an end without a line feed", async () => {
    expect(await unpacked(`${entry("a", "1", 1)}${LINE}--\n`)).toEqual({ a: "1" });
    expect(await unpacked(`${entry("a", "1", null)}${LINE}`)).toEqual({ a: "1" });
    expect(await unpacked(entry("a", "1", 1).slice(0, -1))).toEqual({ a: "1" });
    expect(await unpacked(entry("a", "1", 5).slice(0, -1))).toEqual({ a: "1" });
  });

  it("keeps lines that only look like a boundary", async () => {
    const text = "----TarBoundary\n----TarBoundaryX\n----TarBoundary12 \n----TarBoundary12\nno path\n";
    expect(await unpacked(entry("a", text, null) + entry("b", "", 0))).toEqual({ a: text, b: "" });
  });

  it("streams a large text by its Size, and refuses one whose Size is wrong", async () => {
    const large = "0123456789abcde\n".repeat(350_000);
    const right = await unpacked(entry("a", large, large.length) + entry("b", "x", 1));
    expect([right.a?.length, right.b]).toEqual([large.length, "x"]);
    expect((await refusalOf(entry("a", large, large.length - 1) + entry("b", "x", 1))).code).toBe(
      "bad_archive",
    );
    expect((await refusalOf(entry("a", large, large.length + 9_999) + entry("b", "x", 1))).code).toBe(
      "bad_archive",
    );
  });

  it("refuses an entry without a path, and a name that is there twice", async () => {
    expect((await refusalOf(`${LINE}\nPath: \n\n1\n`)).code).toBe("bad_name");
    expect((await refusalOf(entry("a", "1", 1) + entry("a", "2", 1))).code).toBe("duplicate_name");
  });
});
