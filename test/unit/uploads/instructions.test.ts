import { describe, expect, it } from "vitest";
import { instructionsOf } from "../../../src/domain/runs/instructions.ts";
import { readUpload } from "../../../src/uploads/read-upload.ts";
import type { TarPart } from "../../../src/uploads/types.ts";
import { tarGz } from "./support/raw-tar.ts";
import {
  accepted,
  assemble,
  CONTENT_TYPE,
  files,
  keepIn,
  membersOf,
  multipart,
  type Part,
  refused,
  streamOf,
} from "./support/submit.ts";

const MIB = 1024 * 1024;

const readWith = async (parts: readonly Part[], chunkBytes?: number) => {
  const taken: TarPart[] = [];
  const body = streamOf(multipart(parts), chunkBytes);
  const outcome = await readUpload(body, CONTENT_TYPE, keepIn(taken), {}, instructionsOf);
  return { outcome, parts: taken, tar: assemble(taken) };
};

const manifest = (value: object): Part => ({ name: "manifest", content: JSON.stringify(value) });

const textsOf = async (parts: readonly Part[], chunkBytes?: number): Promise<Record<string, string>> => {
  const result = await readWith(parts, chunkBytes);
  accepted(result);
  return Object.fromEntries((await membersOf(result.tar)).map(({ name, text }) => [name, text]));
};

const archive = await tarGz([{ name: "inner.txt", content: "1" }]);
const DATA = [files("data.tar.gz", archive), files("main.py", "2")];

describe("a manifest's unpack", () => {
  it.each([
    ["before", [manifest({ unpack: false }), ...DATA]],
    ["between", [DATA[0], manifest({ unpack: false }), DATA[1]]],
    ["behind", [...DATA, manifest({ unpack: false })]],
  ] as [string, Part[]][])("false keeps archives as files, %s them", async (_where, parts) => {
    expect(Object.keys(await textsOf(parts))).toEqual(["data.tar.gz", "main.py"]);
  });

  it("false keeps archives of any kind, and what only looks like one", async () => {
    const parts = ["a.zip", "b.tar.xz", "c.tgz", "d.7z"].map((name) => files(name, "x"));
    expect(Object.keys(await textsOf([...parts, manifest({ unpack: false })]))).toHaveLength(4);
  });

  it("left out unpacks the first archive; true unpacks all", async () => {
    const more = await tarGz([{ name: "more.txt", content: "1" }]);
    const parts = [...DATA, files("more.tgz", more)];
    expect(Object.keys(await textsOf(parts))).toEqual(["inner.txt", "main.py", "more.tgz"]);
    expect(Object.keys(await textsOf([...parts, manifest({ unpack: true })]))).toEqual([
      "inner.txt",
      "main.py",
      "more.txt",
    ]);
  });

  it("that comes behind more than 4 MiB of files is refused, and says what to do", async () => {
    const result = await readWith([files("big", "x".repeat(5 * MIB)), manifest({ unpack: false })]);
    expect(refused(result)).toMatchObject({ code: "bad_manifest_part", field: "manifest" });
    expect(refused(result).message).toContain("first part");
    accepted(await readWith([files("big", "x".repeat(5 * MIB)), manifest({ entrypoint: "big" })]));
    accepted(await readWith([manifest({ unpack: false }), files("big", "x".repeat(5 * MIB))]));
  });
});

describe("a manifest's normalize", () => {
  const dirty = "\ufeffecho a\r\necho b\r\r\nprintf 'c\rd'\r\n";
  const clean = "echo a\necho b\r\nprintf 'c\rd'\n";

  it.each([1, 2, 3, 65_536])("cleans shell scripts, in chunks of %i bytes", async (chunkBytes) => {
    const parts = [files("run.sh", dirty), files("data.csv", dirty), manifest({ normalize: true })];
    expect(await textsOf(parts, chunkBytes)).toEqual({ "run.sh": clean, "data.csv": dirty });
  });

  it("cleans an entrypoint that a shell runs, and scripts in archives", async () => {
    const packed = await tarGz([
      { name: "p/start", content: dirty },
      { name: "p/lib.bash", content: dirty },
      { name: "p/short.sh", content: "\ufeff" },
    ]);
    const how = manifest({ normalize: true, entrypoint: "start", interpreter: "bash" });
    expect(await textsOf([how, files("p.tgz", packed)])).toEqual({
      "p/start": clean,
      "p/lib.bash": clean,
      "p/short.sh": "",
    });
  });

  it("left out leaves scripts as they are", async () => {
    expect(await textsOf([files("run.sh", dirty), manifest({})])).toEqual({ "run.sh": dirty });
  });
});
