import { describe, expect, it } from "vitest";
import { fixture } from "./support/fixture.ts";
import { gzip, type RawMember, rawTar, tarGz } from "./support/raw-tar.ts";
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

const LONG = `proj/${"n".repeat(120)}.txt`;
const PROJECT = {
  "proj/main.py": 'print("hi")\n',
  "proj/job.json": '{"entrypoint":"main.py"}\n',
  "proj/run.sh": "#!/bin/sh\necho x\n",
  "proj/sub/none": "",
  "proj/sub/é.txt": "café\n",
};

const refusalOf = async (archive: Uint8Array, name = "a.tar.gz") =>
  refused(await read(multipart([files(name, archive)])));

const refusalOfMembers = async (...members: RawMember[]) => refusalOf(await tarGz(members));

describe("a .tar.gz", () => {
  it.each(["gnu.tar.gz", "pax.tar.gz", "dot-slash.tar.gz"])("unpacks %s", async (name) => {
    expect(await filesIn([files(name, await fixture(name))])).toEqual({ ...PROJECT, [LONG]: "long" });
  });

  it.each(["ustar.tar.gz", "v7.tar.gz"])("unpacks %s", async (name) => {
    expect(await filesIn([files(name, await fixture(name))])).toEqual(PROJECT);
  });

  it("becomes a tar with plain modes, no times, and the folders that it named", async () => {
    const result = await read(multipart([files("p.tgz", await fixture("gnu.tar.gz"))]));
    const members = await membersOf(result.tar);
    expect(members.every(({ mtimeMs }) => mtimeMs === 0)).toBe(true);
    expect(members.map(({ name, type, mode }) => [name, type, mode.toString(8)])).toEqual([
      ["proj/", "directory", "755"],
      ["proj/job.json", "file", "644"],
      ["proj/keep/", "directory", "755"],
      ["proj/main.py", "file", "644"],
      [LONG, "file", "644"],
      ["proj/run.sh", "file", "755"],
      ["proj/sub/", "directory", "755"],
      ["proj/sub/none", "file", "644"],
      ["proj/sub/é.txt", "file", "644"],
    ]);
  });

  it("joins a ustar prefix to the name", async () => {
    const archive = await tarGz([{ name: "main.py", prefix: "deep/er", content: "1" }]);
    expect(await filesIn([files("a.tgz", archive)])).toEqual({ "deep/er/main.py": "1" });
  });

  it("unpacks several gzip members as one stream", async () => {
    const tar = rawTar([{ name: "a", content: "x".repeat(2_000) }]);
    const archive = join(await gzip(tar.subarray(0, 700)), await gzip(tar.subarray(700)));
    expect(await filesIn([files("a.tar.gz", archive)])).toEqual({ a: "x".repeat(2_000) });
  });

  it("is found by an ending inside the name too, when the content is one", async () => {
    const archive = await tarGz([{ name: "main.py", content: "1" }]);
    expect(await filesIn([files("job.tar.gz (1)", archive)])).toEqual({ "main.py": "1" });
    expect(await filesIn([files("job.tar.gz.sha256", "abc")])).toEqual({ "job.tar.gz.sha256": "abc" });
  });

  it.each([
    ["symlink.tar.gz", "proj/link.py"],
    ["hardlink.tar.gz", "proj/zhard.py"],
  ])("takes the links in %s for what they point to", async (name, link) => {
    const { entries } = accepted(await read(multipart([files(name, await fixture(name))])));
    const main = entries.find(({ path }) => path === "proj/main.py");
    expect(entries.find(({ path }) => path === link)).toEqual({ ...main, path: link });
  });

  it("lies beside plain files and other archives, of which the first is unpacked", async () => {
    const one = files("1.tgz", await tarGz([{ name: "a/x", content: "1" }]));
    const two = files(
      "2.tgz",
      await tarGz([
        { name: "a/", type: "5" },
        { name: "a/y", content: "2" },
      ]),
    );
    expect(await filesIn([one, files("main.py", "m"), two])).toEqual({
      "a/x": "1",
      "main.py": "m",
      "2.tgz": expect.any(String),
    });
  });

  it.each([["fifo.tar.gz", "FIFO"]])("refuses %s and says what to do", async (name, reason) => {
    const refusal = await refusalOf(await fixture(name));
    expect(refusal).toMatchObject({ code: "bad_archive", field: "files" });
    expect(refusal.message).toContain(reason);
  });

  it.each(["sparse-gnu.tar.gz", "sparse-pax.tar.gz"])(
    "refuses %s, names the file and what to do",
    async (name) => {
      const { code, message } = await refusalOf(await fixture(name));
      expect([code, message]).toEqual([
        "unsupported_archive",
        expect.stringMatching(/^The entry "[^"]+" is a sparse file; pack it without --sparse/),
      ]);
    },
  );

  it.each(["3", "4"])("refuses a device of type %s", async (type) => {
    expect((await refusalOfMembers({ name: "dev", type })).message).toContain("device");
  });

  it.each([
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    "..\\x",
    "a\\b",
    "C:/x",
    "c:x",
    "a\nb",
    "a\u0085b",
    `${"s".repeat(80)}/../x`,
  ])("refuses the name %j", async (name) => {
    expect((await refusalOfMembers({ name, content: "1" })).code).toBe("bad_name");
  });

  it("refuses a name that is not UTF-8", async () => {
    const refusal = await refusalOfMembers({ name: Uint8Array.of(0x61, 0xe9, 0x62), content: "1" });
    expect(refusal).toMatchObject({
      code: "bad_name",
      message: expect.stringContaining('"a\\xe9b" in "a.tar.gz"'),
    });
  });

  it("shows a bad name escaped and shortened", async () => {
    const { message } = await refusalOfMembers({ name: `a\u001b[31m/${"x".repeat(80)}` });
    expect(message).toContain("\\u001b");
    expect(message.length).toBeLessThan(200);
  });

  it("takes the last of a file that is there twice, as tar -r and -u write them", async () => {
    const again = await tarGz([
      { name: "a", content: "1" },
      { name: "b", content: "2" },
      { name: "./a", content: "3" },
    ]);
    const result = await read(multipart([files("a.tgz", again)]));
    const { entries } = accepted(result);
    const entry = entries.find((one) => one.path === "a");
    expect([entry?.sizeBytes, entries.length]).toEqual([1, 2]);
    const contentOffset = entry?.contentOffset ?? 0;
    expect(new TextDecoder().decode(result.tar.subarray(contentOffset, contentOffset + 1))).toBe("3");
  });

  it("leaves out what Finder and Windows keep beside the files", async () => {
    const names = ["._a", "x/._b.py", ".DS_Store", "__MACOSX/._a", "__MACOSX/x/b", "Icon\r", "x/Thumbs.db"];
    const members = [...names.map((name) => ({ name, content: "\0meta" })), { name: "__MACOSX/", type: "5" }];
    expect(await filesIn([files("a.tgz", await tarGz([{ name: "a", content: "1" }, ...members]))])).toEqual({
      a: "1",
    });
  });

  it("takes whole entries without the blocks at the end", async () => {
    const tar = rawTar([{ name: "a", content: "1" }]);
    expect(await filesIn([files("a.tgz", await gzip(tar.subarray(0, 1_024)))])).toEqual({ a: "1" });
  });

  it("bounds what extended headers and gzip streams cost without holding a file", async () => {
    const pax = { name: "x", type: "x", content: `1000000 comment=${"y".repeat(999_983)}\n` };
    const member = { name: "a", content: "1" };
    expect((await refusalOfMembers(...Array.from({ length: 6 }, () => pax), member)).message).toContain(
      "4 MiB",
    );
    const empty = await gzip(new Uint8Array(0));
    const many = new Uint8Array(400_000 * empty.length);
    for (let at = 0; at < many.length; at += empty.length) many.set(empty, at);
    const startedMs = performance.now();
    expect((await refusalOf(many)).message).toContain("gzip streams");
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });

  it("refuses a file that is also a folder", async () => {
    const file = { name: "a", content: "1" };
    const codes = [
      await refusalOfMembers(file, { name: "a/b", content: "1" }),
      await refusalOfMembers({ name: "a/b", content: "1" }, file),
      await refusalOfMembers(file, { name: "a/", type: "5" }),
      await refusalOfMembers({ name: "a/", type: "5" }, file),
    ].map(({ code }) => code);
    expect(codes).toEqual(Array(4).fill("duplicate_name"));
  });

  it("takes a folder that is there twice as one", async () => {
    const folder = { name: "a/", type: "5" };
    const archive = await tarGz([folder, folder, { name: "a/b", content: "1" }]);
    const result = await read(multipart([files("a.tgz", archive)]));
    expect((await membersOf(result.tar)).map(({ name }) => name)).toEqual(["a/", "a/b"]);
  });

  it.each<[string, RawMember]>([
    ["a wrong checksum", { name: "a", checksum: "000000\0 " }],
    ["a size that is no number", { name: "a", sizeField: "9zzzzzzzzzz" }],
    ["a negative size", { name: "a", sizeField: new Uint8Array(12).fill(0xff) }],
    ["a folder with content", { name: "a/", type: "5", content: "1" }],
    ["a damaged pax record", { name: "x", type: "x", content: "99 path=a\n" }],
    ["a pax size that is no number", { name: "x", type: "x", content: "13 size=1e99\n" }],
  ])("refuses %s", async (_, member) => {
    expect((await refusalOfMembers(member, { name: "b", content: "1" })).code).toBe("bad_archive");
  });

  it("refuses a type that it does not know", async () => {
    expect((await refusalOfMembers({ name: "a", type: "S" })).code).toBe("unsupported_archive");
  });

  it("refuses an archive that is cut off, wherever that is", async () => {
    const tar = rawTar([{ name: "a", content: "x".repeat(3_000) }]);
    for (const length of [100, 512, 700, 3_500]) {
      expect((await refusalOf(await gzip(tar.subarray(0, length)))).message).toContain("cut off");
    }
    const packed = await gzip(tar);
    for (const length of [5, 20, packed.length - 1]) {
      expect((await refusalOf(packed.slice(0, length))).message).toContain("cut off");
    }
  });

  it("refuses a size that reaches over the end", async () => {
    const refusal = await refusalOfMembers({ name: "a", sizeField: "77777777777\0", content: "1" });
    expect(refusal.message).toContain("cut off");
  });

  it("refuses a damaged checksum of gzip", async () => {
    const packed = await tarGz([{ name: "a", content: "1" }]);
    const at = packed.length - 8;
    packed[at] = (packed[at] ?? 0) ^ 1;
    expect((await refusalOf(packed)).message).toContain("damaged");
  });

  it("refuses data after its end, packed or not", async () => {
    const tar = rawTar([{ name: "a", content: "1" }]);
    expect((await refusalOf(await gzip(join(tar, "x")))).message).toContain("after its end");
    expect((await refusalOf(join(await gzip(tar), "x"))).message).toContain("after its end");
    expect(
      accepted(await read(multipart([files("a.tgz", await gzip(join(tar, new Uint8Array(9_000))))]))),
    ).toBeDefined();
  });

  it.each(["a.tar.gz", "a.TGZ"])("refuses %s when it is not gzip", async (name) => {
    expect(await refusalOf(bytes("hello"), name)).toMatchObject({ code: "bad_archive" });
  });

  it("refuses an archive without files", async () => {
    expect((await refusalOfMembers({ name: "a/", type: "5" })).code).toBe("no_files");
  });

  it("stores other gzip files as they are", async () => {
    const packed = await gzip(bytes("1,2,3"));
    const result = accepted(await read(multipart([files("data.csv.gz", packed)])));
    expect(result.entries.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ["data.csv.gz", packed.length],
    ]);
  });

  const plain = rawTar([{ name: "x/a", content: "1" }]);
  const unlike: [string, string, () => Promise<Uint8Array> | Uint8Array][] = [
    ["a plain tar", "a.tar", () => plain],
    ["a tar from before POSIX", "a.tar", () => rawTar([{ name: "x/a", content: "1", magic: "" }])],
    [
      "a tar that begins with its volume's label",
      "a.tar",
      () =>
        rawTar([
          { name: "label", type: "V", magic: "" },
          { name: "x/a", content: "1" },
        ]),
    ],
    ["a compressed one that is called .tar", "a.tar", () => gzip(plain)],
    ["a plain one that is called .tar.gz", "a.tar.gz", () => plain],
    ["one by the name .taz", "a.taz", () => gzip(plain)],
    ["zeros behind the gzip stream", "a.tgz", async () => join(await gzip(plain), new Uint8Array(5_000))],
    ["no padding behind the last file", "a.tar", () => plain.subarray(0, 513)],
    ["a last block that is cut", "a.tar", () => plain.subarray(0, 1_300)],
    [
      "an incremental backup's list of a folder",
      "a.tar",
      () =>
        rawTar([
          { name: "x/", type: "D", content: "Ya\0\0" },
          { name: "x/a", content: "1" },
        ]),
    ],
  ];
  it.each(unlike)("unpacks %s", async (_, name, archive) => {
    expect(await filesIn([files(name, await archive())])).toEqual({ "x/a": "1" });
  });

  it.each([
    ["what is called a tar and is none", bytes("PK or whatever".repeat(99)), "is not a tar"],
    ["an empty file", new Uint8Array(0), '"a.tar" is empty'],
    ["a tar without members", rawTar([]), '"a.tar" holds none'],
  ])("refuses %s by its name, and says what to do", async (_, archive, problem) => {
    expect((await refusalOf(archive, "a.tar")).message).toContain(problem);
  });

  it.each(
    "tar.xz tar.bz2 TAR.ZST tar.lz4 tar.lzo tar.br txz tlz tz2 tbz cpio 7z rar"
      .split(" ")
      .map((end) => `a.${end}`),
  )("refuses %s by its name", async (name) => {
    const refusal = await refusalOf(bytes("whatever"), name);
    expect(refusal).toMatchObject({ code: "unsupported_archive" });
    expect(refusal.message).toContain(".tar.gz");
  });
});
