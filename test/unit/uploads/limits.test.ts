import { describe, expect, it } from "vitest";
import { readUpload, refuseDeclaredLength } from "../../../src/uploads/read-upload.ts";
import { UPLOAD_LIMITS } from "../../../src/uploads/types.ts";
import { gzip, type RawMember, rawTar, tarGz } from "./support/raw-tar.ts";
import { rawZip } from "./support/raw-zip.ts";
import {
  accepted,
  CONTENT_TYPE,
  files,
  multipart,
  read,
  refused,
  streamFrom,
  streamOf,
} from "./support/submit.ts";

const readMembers = async (members: readonly RawMember[]) =>
  read(multipart([files("a.tar.gz", await tarGz(members))]));

describe("the limits of an upload", () => {
  it("are 100 MiB of body and of content, and 10,000 entries", () => {
    expect(UPLOAD_LIMITS).toMatchObject({
      bodyBytes: 104_857_600,
      unpackedBytes: 104_857_600,
      entries: 10_000,
    });
  });

  it("refuse a declared length over the cap and leave others alone", () => {
    expect(refuseDeclaredLength("104857601")?.code).toBe("too_large");
    expect(
      ["104857600", "0", "", "many", null, undefined].map((length) => refuseDeclaredLength(length)),
    ).toEqual(Array(6).fill(null));
  });

  it("end the reading as soon as the body passes its cap", async () => {
    const body = multipart([files("a", "x".repeat(5_000))]);
    const read0 = await read(body, { limits: { bodyBytes: body.length }, chunkBytes: 100 });
    expect(read0.outcome.kind).toBe("ok");
    const result = await read(body, { limits: { bodyBytes: body.length - 1 }, chunkBytes: 100 });
    expect(refused(result)).toMatchObject({ kind: "refused", code: "too_large" });
  });

  it("allow 10,000 entries over all parts and no more", async () => {
    const members = Array.from({ length: 9_999 }, (_, i) => ({ name: `d${i % 7}/f${i}` }));
    const archive = files("a.tgz", await tarGz(members));
    expect(accepted(await read(multipart([archive, files("b", "1")]))).entries).toHaveLength(10_000);
    const over = await read(multipart([archive, files("b", "1"), files("c", "1")]));
    expect(refused(over).code).toBe("too_many_entries");
  });

  it("count folders, the same one again, and the folder of the job itself", async () => {
    for (const name of ["a/", "./"]) {
      const many = Array.from({ length: 10_001 }, () => ({ name, type: "5" }));
      expect(refused(await readMembers(many)).code).toBe("too_many_entries");
    }
  });

  it("bound the folders that only stand in names", async () => {
    const deep = Array.from({ length: 40 }, (_, i) => ({ name: `${i}/b/c/d/e/f/g/h/x` }));
    const result = await read(multipart([files("a.tgz", await tarGz(deep))]), { limits: { entries: 100 } });
    expect(refused(result).code).toBe("too_many_entries");
  });

  it("allow eight folders above a file and no more", async () => {
    const nested = (levels: number) => [{ name: `${"d/".repeat(levels)}x`, content: "1" }];
    expect((await readMembers(nested(8))).outcome.kind).toBe("ok");
    expect(refused(await readMembers(nested(9)))).toMatchObject({ code: "bad_name" });
    expect(refused(await readMembers([{ name: "d/".repeat(9), type: "5" }])).code).toBe("bad_name");
  });

  it("allow 255 bytes a segment and 1,024 bytes a path", async () => {
    const pathOf = (bytes: number) =>
      [...Array(4).fill("é".repeat(127)), "x".repeat(bytes - 4 * 255)].join("/");
    const one = (name: string) => read(multipart([files(name, "1")]));
    expect((await one("s".repeat(255))).outcome.kind).toBe("ok");
    expect(refused(await one("s".repeat(256))).code).toBe("bad_name");
    expect(refused(await one("é".repeat(128))).code).toBe("bad_name");
    expect((await one(pathOf(1_024))).outcome.kind).toBe("ok");
    expect(refused(await one(pathOf(1_025))).code).toBe("bad_name");
  });

  it("count unpacked bytes over all parts", async () => {
    const limits = { unpackedBytes: 2_000 };
    const zip = files("a.zip", rawZip([{ name: "a", content: "x".repeat(1_000) }]));
    const tar = files("b.tgz", await tarGz([{ name: "b", content: "x".repeat(600) }]));
    const kept = (await tarGz([{ name: "b", content: "x".repeat(600) }])).length;
    const room = 1_000 - kept;
    expect((await read(multipart([zip, tar, files("c", "x".repeat(room))]), { limits })).outcome.kind).toBe(
      "ok",
    );
    const over = await read(multipart([zip, tar, files("c", "x".repeat(room + 1))]), { limits });
    expect(refused(over).code).toBe("unpacked_too_large");
  });

  it("stop a gzip bomb early, in a file and behind the end of the tar", async () => {
    const zeros = new Uint8Array(1024 * 1024);
    const member = rawTar([{ name: "a", sizeField: "77777777777\0" }]).subarray(0, 512);
    for (const start of [member, rawTar([])]) {
      const bomb = async function* () {
        yield start;
        for (let i = 0; i < 20; i += 1) yield zeros;
      };
      const packed = await new Response(
        streamFrom(bomb()).pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer();
      const limits = { unpackedBytes: 1024 * 1024, entries: 10, tarPartBytes: 65_536 };
      const result = await read(multipart([files("a.tgz", new Uint8Array(packed))]), { limits });
      expect(refused(result).code).toBe("unpacked_too_large");
      expect(result.tar.length).toBeLessThanOrEqual(limits.unpackedBytes);
    }
  });

  it("bound extended headers and the number of parts", async () => {
    const pax = { name: "x", type: "x", content: "x".repeat(1024 * 1024 + 1) };
    expect(refused(await readMembers([pax])).code).toBe("bad_archive");
    const parts = Array.from({ length: 210 }, () => ({ name: "other", content: "" }));
    expect(refused(await read(multipart(parts), { limits: { entries: 100 } })).code).toBe("too_many_entries");
  });

  it("leave the rest of a refused body unread", async () => {
    const body = multipart([files("../x", "1"), files("b", "x".repeat(9_000_000))]);
    let pulled = 0;
    const source = streamOf(body, 100_000).getReader();
    let reason: unknown;
    const counted = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          pulled += 1;
          controller.enqueue((await source.read()).value);
        },
        cancel: (given) => {
          reason = given;
        },
      },
      { highWaterMark: 0 },
    );

    const outcome = await readUpload(counted, CONTENT_TYPE, () => {});
    expect(outcome).toMatchObject({ kind: "refused", code: "bad_name" });
    // What waits for a manifest is 4 MiB at most.
    expect(pulled).toBeLessThan(45);
    expect(reason).toBeInstanceOf(Error);
  });

  it("leave no last part of a refused upload", async () => {
    const archive = await gzip(rawTar([{ name: "a", content: "x".repeat(20_000) }]).subarray(0, 20_000));
    const result = await read(multipart([files("a.tgz", archive)]), { limits: { tarPartBytes: 4_096 } });
    expect(result.outcome.kind).toBe("refused");
    expect(result.parts.length).toBeGreaterThan(0);
    expect(result.parts.filter(({ isLast }) => isLast)).toEqual([]);
  });
});
