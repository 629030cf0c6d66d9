import { describe, expect, it } from "vitest";
import { TAR_END, type TarMember, tarHeader, tarPadding } from "../../../src/uploads/tar-writer.ts";
import { join, membersOf } from "./support/submit.ts";

const tarOf = (members: readonly TarMember[], prefix = "") =>
  join(
    ...members.flatMap((member) => [
      tarHeader(member, prefix),
      new Uint8Array(member.sizeBytes).fill(0x61),
      tarPadding(member.sizeBytes),
    ]),
    TAR_END,
  );

describe("the tar writer", () => {
  it.each(["a", "x".repeat(100), "x".repeat(101), "é", `${"ü/".repeat(40)}${"n".repeat(255)}`, "日本.txt"])(
    "writes the name %s so that others read it",
    async (path) => {
      const members = await membersOf(tarOf([{ path, kind: "file", sizeBytes: 3 }]));
      expect(members).toEqual([{ name: path, type: "file", mode: 0o644, mtimeMs: 0, text: "aaa" }]);
    },
  );

  it("needs a pax header only where the name does", () => {
    const length = (path: string) => tarHeader({ path, kind: "file", sizeBytes: 1 }).length;
    expect([length("x".repeat(100)), length("x".repeat(101)), length("é")]).toEqual([512, 1_536, 1_536]);
  });

  it("counts the digits of a pax record's own length", async () => {
    for (let length = 85; length < 110; length += 1) {
      const path = `é${"x".repeat(length)}`;
      expect((await membersOf(tarOf([{ path, kind: "file", sizeBytes: 0 }])))[0]?.name).toBe(path);
    }
  });

  it("writes folders, executables and a prefix", async () => {
    const members: TarMember[] = [
      { path: "d", kind: "folder", sizeBytes: 0 },
      { path: "d/run", kind: "file", sizeBytes: 513, executable: true },
    ];
    const read = await membersOf(tarOf(members, "./"));
    expect(read.map(({ name, type, mode, text }) => [name, type, mode, text.length])).toEqual([
      ["./d/", "directory", 0o755, 0],
      ["./d/run", "file", 0o755, 513],
    ]);
  });

  it("pads to whole blocks", () => {
    expect([0, 1, 511, 512, 513].map((size) => tarPadding(size).length)).toEqual([0, 511, 1, 0, 511]);
  });

  it("refuses a size that the header cannot hold", () => {
    expect(() => tarHeader({ path: "a", kind: "file", sizeBytes: 2 ** 33 })).toThrow(RangeError);
  });
});
