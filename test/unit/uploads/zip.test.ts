import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fixture } from "./support/fixture.ts";
import { descriptor, descriptorOf, type RawEnd, type RawEntry, rawZip } from "./support/raw-zip.ts";
import {
  accepted,
  bytes,
  files,
  filesIn,
  join,
  membersOf,
  multipart,
  read,
  refused,
} from "./support/submit.ts";

const PROJECT = {
  "proj/main.py": 'print("hi")\n',
  "proj/job.json": '{"entrypoint":"main.py"}\n',
  "proj/run.sh": "#!/bin/sh\necho x\n",
  "proj/sub/none": "",
  "proj/sub/é.txt": "café\n",
  [`proj/${"n".repeat(120)}.txt`]: "long",
};
const PYTHON = {
  "proj/main.py": 'print("hi")\n',
  "proj/sub/é.txt": "café\n",
  "proj/data.txt": "abc".repeat(5_000),
};
const MAIN: RawEntry = { name: "main.py", content: "print(1)" };

const refusalOf = async (archive: Uint8Array, name = "a.zip") =>
  refused(await read(multipart([files(name, archive)])));

describe("a .zip", () => {
  it.each(["info-zip.zip", "info-zip-stored.zip", "info-zip-streamed.zip", "info-zip-zip64.zip"])(
    "unpacks %s",
    async (name) => {
      expect(await filesIn([files(name, await fixture(name))])).toEqual(PROJECT);
    },
  );

  it.each(["python.zip", "python-streamed.zip", "python-streamed-stored.zip"])("unpacks %s", async (name) => {
    expect(await filesIn([files(name, await fixture(name))])).toEqual(PYTHON);
  });

  it("unpacks an entry with zip64 fields", async () => {
    const archive = await fixture("python-zip64.zip");
    expect(await filesIn([files("a.zip", archive)])).toEqual({ "proj/main.py": 'print("hi")\n' });
  });

  it("keeps empty folders, and the executable bit", async () => {
    const result = await read(multipart([files("p.zip", await fixture("info-zip.zip"))]));
    const members = await membersOf(result.tar);
    expect(members.map(({ name }) => name)).toContain("proj/keep/");
    const executable = members.filter(({ type, mode }) => type === "file" && mode === 0o755);
    expect(executable.map(({ name }) => name)).toEqual(["proj/run.sh"]);
  });

  it("is found by an ending inside the name too, when the content is one", async () => {
    expect(await filesIn([files("job.zip (1)", rawZip([MAIN]))])).toEqual({ "main.py": "print(1)" });
    expect(await filesIn([files("zip.zipper.py", "1")])).toEqual({ "zip.zipper.py": "1" });
  });

  it("takes an archive comment", async () => {
    expect(await filesIn([files("a.zip", rawZip([MAIN], { comment: "made by hand" }))])).toHaveProperty(
      "main.py",
    );
  });

  it("takes zeros behind its end, and folders without their slash", async () => {
    const folders = [
      { name: "unix", central: { unixMode: 0o040755 } },
      { name: "unix/a", content: "1" },
    ];
    const archive = join(rawZip([MAIN, ...folders]), new Uint8Array(900));
    expect(Object.keys(await filesIn([files("a.zip", archive)])).toSorted()).toEqual([MAIN.name, "unix/a"]);
  });

  it("finds where stored data of unknown size ends, whatever it holds", async () => {
    const content = join(descriptor("x"), "PK\x07\x08", descriptor(""), "PK\x03\x04");
    const entry = { name: "a", content, local: { flags: 8, crc: 0, packedBytes: 0, sizeBytes: 0 } };
    const archive = rawZip([{ ...entry, after: descriptor(content) }]);
    const result = await read(multipart([files("a.zip", archive)]));
    expect(result.outcome).toMatchObject({ kind: "ok", entries: [{ path: "a", sizeBytes: content.length }] });
  });

  it("takes a descriptor without its signature after packed data", async () => {
    const text = "abc".repeat(100);
    const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const content = new Uint8Array(await new Response(packed).arrayBuffer());
    const figures = {
      method: 8,
      crc: crc32(bytes(text)),
      packedBytes: content.length,
      sizeBytes: text.length,
    };
    const after = descriptorOf(figures, false);
    const entry = { name: "a", content, local: { ...figures, flags: 8, crc: 0 }, central: figures, after };
    expect(await filesIn([files("a.zip", rawZip([entry]))])).toEqual({ a: text });
  });

  it("takes symbolic links, which only its directory shows, for what they point to", async () => {
    const result = await read(multipart([files("a.zip", await fixture("symlink.zip"))]));
    const links = (await membersOf(result.tar)).filter(({ type }) => type === "link");
    expect(links).toMatchObject([{ name: "proj/link.py", linkName: "proj/main.py" }]);
  });

  it("says of long files too which are executable", async () => {
    const long = "x".repeat(5_000);
    const entries = ["a", "tool", "b"].map((name) => ({
      name,
      content: long,
      central: { unixMode: name === "tool" ? 0o100755 : 0o100644 },
    }));
    const { executables } = accepted(await read(multipart([files("a.zip", rawZip(entries))])));
    expect(executables).toBe(btoa(String.fromCharCode(0b10)));
  });

  it.each([
    ["encrypted.zip", "encrypted"],
    ["bzip2.zip", "deflate"],
  ])("refuses %s as unsupported", async (name, reason) => {
    const refusal = await refusalOf(await fixture(name));
    expect(refusal.code).toBe("unsupported_archive");
    expect(refusal.message).toContain(reason);
  });

  it.each(["/etc/passwd", "../x", "a/../../x", "..\\..\\x", "D:\\x", "a\tb", `${"d/".repeat(9)}x`])(
    "refuses the name %j",
    async (name) => {
      expect((await refusalOf(rawZip([{ ...MAIN, name }]))).code).toBe("bad_name");
    },
  );

  it("reads a name that is not UTF-8, and does not claim to be, as code page 437", async () => {
    const name = Uint8Array.of(0x82, 0x81, 0xe1, 0x2e, 0x70, 0x79);
    expect(Object.keys(await filesIn([files("a.zip", rawZip([{ ...MAIN, name }]))]))).toEqual(["éüß.py"]);
  });

  it("takes backslashes between folders for what they stand for, but not out of the folder", async () => {
    expect(Object.keys(await filesIn([files("a.zip", rawZip([{ ...MAIN, name: "a\\b\\c.py" }]))]))).toEqual([
      "a/b/c.py",
    ]);
    expect((await refusalOf(rawZip([{ ...MAIN, name: "..\\..\\c.py" }]))).code).toBe("bad_name");
  });

  it("takes the last of a name that is there twice", async () => {
    const last = { ...MAIN, content: "print('last')" };
    expect(await filesIn([files("a.zip", rawZip([MAIN, last]))])).toEqual({
      [String(MAIN.name)]: "print('last')",
    });
  });

  it.each<[string, RawEntry]>([
    ["a wrong checksum", { ...MAIN, local: { crc: 1 } }],
    ["a wrong unpacked size", { ...MAIN, local: { sizeBytes: 9 } }],
    ["a packed size over its end", { ...MAIN, local: { packedBytes: 1e6 } }],
    ["a packed size of zip64 without the field", { ...MAIN, local: { packedBytes: 0xffffffff } }],
    ["a folder with content", { ...MAIN, name: "a/" }],
    ["another name in the directory", { ...MAIN, central: { name: "main.sh" } }],
    ["another checksum in the directory", { ...MAIN, central: { crc: 1 } }],
    ["another size in the directory", { ...MAIN, central: { sizeBytes: 1 } }],
    ["another packed size in the directory", { ...MAIN, central: { packedBytes: 1 } }],
    ["another method in the directory", { ...MAIN, central: { method: 8 } }],
    ["encryption in the directory alone", { ...MAIN, central: { flags: 1 } }],
    ["another place in the directory", { ...MAIN, central: { offset: 4 } }],
    ["a device in the directory", { ...MAIN, central: { unixMode: 0o020644 } }],
    ["a folder that is a file", { ...MAIN, central: { unixMode: 0o040755 } }],
    ["bytes between two entries", { ...MAIN, after: bytes("gap") }],
    ["a descriptor that is missing", { ...MAIN, local: { flags: 8 } }],
    ["a descriptor of other data", { ...MAIN, local: { flags: 8 }, after: descriptor("other") }],
    ["damaged packed data", { ...MAIN, local: { method: 8 } }],
  ])("refuses %s", async (_, entry) => {
    expect((await refusalOf(rawZip([entry, { name: "b", content: "2" }]))).code).toBe("bad_archive");
  });

  it.each<[string, RawEnd]>([
    ["too few entries", { entries: 0 }],
    ["too many entries", { entries: 2 }],
    ["another directory size", { sizeBytes: 1 }],
    ["another directory place", { offset: 1 }],
  ])("refuses an end record that says %s", async (_, end) => {
    expect((await refusalOf(rawZip([MAIN], end))).code).toBe("bad_archive");
  });

  it("refuses a directory that leaves out an entry, or names one twice", async () => {
    const one = rawZip([MAIN]);
    const directory = one.slice(one.length - 22 - 46 - 7, one.length - 22);
    const local = one.slice(0, one.length - 22 - directory.length);
    const end = one.slice(-22);
    expect((await refusalOf(join(local, end))).code).toBe("bad_archive");
    expect((await refusalOf(join(local, directory, directory, end))).code).toBe("bad_archive");
  });

  it("refuses an archive that is cut off, wherever that is, and data after its end", async () => {
    const archive = await fixture("info-zip-streamed.zip");
    for (let length = 4; length < archive.length; length += 97) {
      expect((await refusalOf(archive.slice(0, length))).code).toBe("bad_archive");
    }
    expect((await refusalOf(join(archive, "x"))).message).toContain("after its end");
  });

  it("refuses what is no zip, and one without files", async () => {
    expect((await refusalOf(bytes("hello"))).code).toBe("bad_archive");
    expect((await refusalOf(rawZip([]))).code).toBe("no_files");
  });
});
