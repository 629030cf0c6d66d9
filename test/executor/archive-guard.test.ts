import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { collectOutputs, createSpool } from "../../executor/collect.ts";
import type { LaidOut } from "../../executor/prepare.ts";
import { makeTar, type TarEntry } from "./support/tar.ts";

const MIB = 1024 * 1024;
const limits = {
  timeoutMs: 1,
  cpuMs: 1,
  memoryBytes: 1,
  workspaceBytes: 100 * MIB,
  outputBytesPerStream: 1,
  outputFiles: 100,
  outputFileBytes: 20 * MIB,
  outputTotalBytes: 50 * MIB,
};

const collect = async (bytes: Buffer, inputs: LaidOut = new Map()) => {
  const spool = createSpool();
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  // In pieces that fit no block.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 65_000) }, (_, index) =>
    bytes.subarray(index * 65_000, (index + 1) * 65_000),
  );
  const request = { limits, inputs: () => inputs, root: "." };
  const { outputs, dropped } = await collectOutputs(
    Readable.from(pieces, { objectMode: false }),
    request,
    spool,
  );
  await spool.clear();
  const { user, system } = process.cpuUsage(cpu);
  const paths = outputs.map(({ file }) => file.path);
  return { paths, dropped, elapsedMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
};

const ofType = (type: string, content: string): Buffer => {
  const archive = makeTar([{ name: "first", content: "1" }, { name: "forged", content }, { name: "last" }]);
  const header = archive.subarray(1024, 1536);
  header.write(type, 156, "latin1");
  header.write(" ".repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return archive;
};

describe("an output archive that the sandbox's tar did not write", () => {
  it.each([
    ["a pax header", "x"],
    ["a global pax header", "g"],
    ["a Solaris header", "X"],
    ["a sparse file", "S"],
    ["an unknown kind", "Z"],
  ])("ends at %s, with what came before it", async (_what, type) => {
    expect(await collect(ofType(type, "30 path=main.py\n"))).toMatchObject({ paths: ["first"], dropped: 1 });
  });

  it("costs little however large a pax header is, and however many entries follow it", async () => {
    const many: TarEntry[] = Array.from({ length: 8_000 }, (_, index) => ({ name: `f${index}` }));
    const forged = Buffer.concat([
      ofType("g", `1000000 comment=${"x".repeat(MIB)}\n`).subarray(0, -1024),
      makeTar(many),
    ]);
    const { paths, cpuMs } = await collect(forged);
    expect(paths).toEqual(["first"]);
    expect(cpuMs).toBeLessThan(500);
  });

  it("takes each input for unchanged once, however often it comes", async () => {
    const sha256 = createHash("sha256").update("x").digest("hex");
    const inputs = new Map([["main.py", { sizeBytes: 1, sha256, mode: 0o644 }]]);
    const repeated = Array.from({ length: 15_000 }, () => ({ name: "main.py", content: "x" }));
    const { paths, dropped } = await collect(makeTar(repeated), inputs);
    // The second is taken for a file that the program made; what comes behind it is not read any more.
    expect(paths).toEqual(["main.py"]);
    expect(dropped).toBe(14_998);
  });

  it("compares each input once, however often its name comes", async () => {
    const input = { sizeBytes: 1, sha256: "00".repeat(32), mode: 0o644 };
    const inputs = new Map([["main.py", input]]);
    const repeated = Array.from({ length: 15_000 }, () => ({ name: "main.py", content: "x" }));
    const { paths, dropped, cpuMs } = await collect(makeTar(repeated), inputs);
    expect(paths).toEqual(["main.py"]);
    expect(dropped).toBe(14_999);
    expect(cpuMs).toBeLessThan(3_000);
  });

  it("is read up to 20,000 entries", async () => {
    const { paths, dropped } = await collect(
      makeTar(Array.from({ length: 20_100 }, (_, i) => ({ name: `${i}` }))),
    );
    expect(paths).toHaveLength(100);
    expect(dropped).toBe(20_000 - 100 + 1);
  });

  it("states no size that a file cannot have", async () => {
    const archive = makeTar([{ name: "a", content: "1" }, { name: "b" }]);
    archive.fill(0xff, 1024 + 124, 1024 + 136);
    expect(await collect(archive)).toMatchObject({ paths: ["a"], dropped: 1 });
  });
});
