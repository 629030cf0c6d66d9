import { describe, expect, it } from "vitest";
import { createRecordReader, type LauncherRecord } from "../../../executor/sandbox/launcher.ts";

const TIMES = "0m0.010s 0m0.020s\n0m1.500s 0m0.250s\n";

const read = (...chunks: readonly (string | Buffer)[]) => {
  const records: LauncherRecord[] = [];
  let forged = 0;
  const take = createRecordReader(
    (record) => records.push(record),
    () => {
      forged += 1;
    },
  );
  for (const chunk of chunks) take(Buffer.from(chunk));
  return { records, forged };
};

describe("the records of a launcher", () => {
  it("are read however they are cut", () => {
    const text = `\x01ready\0\x01started\0\x01exited 3 ${TIMES}\0`;
    const { records, forged } = read(...[...text].map((character) => character));
    expect(records).toEqual([
      { kind: "ready" },
      { kind: "started" },
      { kind: "exited", status: 3, noticed: false, waitedCpuUs: 1_750_000 },
    ]);
    expect(forged).toBe(0);
  });

  it("tell of the shell's notice in front of the end", () => {
    const { records } = read(
      `\x01ready\0\x01started\0launcher: line 44: 12 Killed\n\x01exited 137 ${TIMES}\0`,
    );
    expect(records.at(-1)).toMatchObject({ kind: "exited", status: 137, noticed: true });
  });

  it.each([
    ["an unknown word", "\x01readier\0"],
    ["no mark", "ready\0"],
    ["nothing", "\0"],
    ["a status beyond 255", `\x01exited 256 ${TIMES}\0`],
    ["a negative status", `\x01exited -1 ${TIMES}\0`],
    ["a time that is not finite", "\x01exited 0 0m0.000s 0m0.000s\n99999999999999999999m0.000s 0m0.000s\n\0"],
    ["no times", "\x01exited 0 \0"],
    ["a third line of times", `\x01exited 0 ${TIMES}0m0.000s 0m0.000s\n\0`],
    ["a long run of digits", `\x01exited ${"1".repeat(300)}\0`],
    ["bytes that are no text", Buffer.from([1, 0xff, 0xfe, 0x80, 0])],
  ])("with %s are forged, once, and end there", (_what, bytes) => {
    const { records, forged } = read("\x01ready\0", bytes, "\x01started\0");
    expect(records).toEqual([{ kind: "ready" }]);
    expect(forged).toBe(1);
  });

  it("without an end, or in a flood, cost a few KiB of reading", () => {
    const before = process.cpuUsage();
    const digits = Buffer.alloc(1024 * 1024, "9");
    expect(read("\x01exited ", ...Array.from({ length: 64 }, () => digits)).forged).toBe(1);
    const empty = Buffer.from("\x01ready\0".repeat(100_000));
    expect(read(empty, empty).forged).toBe(1);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(250);
  });
});
