import { describe, expect, it } from "vitest";
import { readUpload } from "../../../src/uploads/read-upload.ts";
import type { TarPart } from "../../../src/uploads/types.ts";
import { fixture } from "./support/fixture.ts";
import { tarGz } from "./support/raw-tar.ts";
import {
  accepted,
  assemble,
  BOUNDARY,
  bytes,
  CONTENT_TYPE,
  files,
  isSame,
  join,
  keepIn,
  membersOf,
  multipart,
  type Part,
  read,
  streamFrom,
  streamOf,
} from "./support/submit.ts";

const MIB = 1024 * 1024;
const TEXT_FORM =
  "----TarBoundary1\nPath: a\nSize: 9\n\né\n----TarBoundary\n\n----TarBoundary1\nPath: b\n\nx\n\n";

const submissions = async (): Promise<[string, Part[]][]> => {
  const archives = [
    "gnu.tar.gz",
    "pax.tar.gz",
    "info-zip-streamed.zip",
    "python-streamed-stored.zip",
    "symlink.zip",
  ];
  return [
    ...(await Promise.all(
      archives.map(async (name): Promise<[string, Part[]]> => [name, [files(name, await fixture(name))]]),
    )),
    ["the text form", [files("t", TEXT_FORM), { name: "manifest", content: "{}" }]],
    ["quick code", [files("t", "----Tar\nPath: a\n\nx\r\n--y")]],
    [
      "plain files",
      [files("a", `\r\n--${BOUNDARY.slice(0, 9)}`), files("b", "\r\r\n\r\n--"), files("c", "")],
    ],
    ["a bad name", [files("a", "1"), files("../b", "2")]],
  ];
};

describe("reading a body as a stream", () => {
  it("gives the same whatever the chunks are", async () => {
    for (const [name, parts] of await submissions()) {
      const body = multipart(parts);
      const whole = await read(body, { chunkBytes: body.length });
      for (const chunkBytes of [1, 2, 7, 61, 513, 65_536]) {
        const cut = await read(body, { chunkBytes });
        expect(cut.outcome, `${name} in chunks of ${chunkBytes}`).toEqual(whole.outcome);
        expect(isSame(cut.tar, whole.tar), `${name} in chunks of ${chunkBytes}`).toBe(true);
      }
    }
  });

  it("gives the same wherever one cut is", async () => {
    const body = multipart([
      files("a", `1\r\n--${BOUNDARY}x`),
      files("t", TEXT_FORM.replaceAll(": a", ": z")),
    ]);
    const whole = await read(body);
    for (let cut = 1; cut < body.length; cut += 1) {
      const parts: TarPart[] = [];
      const stream = streamFrom([body.slice(0, cut), new Uint8Array(0), body.slice(cut)]);
      const outcome = await readUpload(stream, CONTENT_TYPE, keepIn(parts));
      expect(outcome).toEqual(whole.outcome);
      expect(isSame(assemble(parts), whole.tar)).toBe(true);
    }
  });

  it("gives the same tar whatever the size of its parts, all of which but the last are full", async () => {
    const archive = await tarGz(
      [0, 1, 511, 512, 513, 3_000, 20_000].map((size) => ({ name: `f${size}`, content: "x".repeat(size) })),
    );
    const body = multipart([files("a.tgz", archive), files("é", "y".repeat(9_000))]);
    const whole = await read(body);
    for (const tarPartBytes of [512, 1_024, 4_096, 65_536, accepted(whole).tarBytes]) {
      const { outcome, parts, tar } = await read(body, { limits: { tarPartBytes } });
      expect(outcome).toEqual(whole.outcome);
      expect(isSame(tar, whole.tar)).toBe(true);
      const sorted = parts.toSorted((one, other) => one.number - other.number);
      expect(sorted.map(({ number }) => number)).toEqual(sorted.map((_, i) => i + 1));
      expect(sorted.map(({ isLast }) => isLast)).toEqual(sorted.map((_, i) => i === sorted.length - 1));
      expect(sorted.slice(0, -1).every(({ bytes: { length } }) => length === tarPartBytes)).toBe(true);
      expect(parts.at(-1)?.isLast).toBe(true);
    }
  });

  it("holds no more than a few parts of a 60 MiB file and waits for the receiver", async () => {
    const block = Uint8Array.from({ length: MIB }, (_, i) => (i * 31) & 0xff);
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="big.bin"\r\n\r\n`;
    let given = 0;
    const source = async function* () {
      yield bytes(head);
      for (let i = 0; i < 60; i += 1) {
        given += MIB;
        yield block.slice();
      }
      yield bytes(`\r\n--${BOUNDARY}--\r\n`);
    };
    let taken = 0;
    let busy = 0;
    let mostHeld = 0;
    let mostBusy = 0;
    const emit = async (part: TarPart) => {
      busy += 1;
      mostBusy = Math.max(mostBusy, busy);
      await new Promise((resolve) => setTimeout(resolve, 1));
      mostHeld = Math.max(mostHeld, given - taken);
      taken += part.bytes.length;
      busy -= 1;
    };
    const outcome = await readUpload(streamFrom(source()), CONTENT_TYPE, emit);
    expect(outcome).toMatchObject({ kind: "ok", entries: [{ path: "big.bin", sizeBytes: 60 * MIB }] });
    expect(mostBusy).toBe(1);
    expect(mostHeld).toBeLessThan(20 * MIB);
    expect(taken).toBeGreaterThan(60 * MIB);
  });

  it("gives the part with a large file's header once its size is known", async () => {
    const content = "0123456789".repeat(2_000);
    const result = await read(multipart([files("big", content)]), { limits: { tarPartBytes: 1_024 } });
    expect(result.parts[0]?.number).toBe(2);
    expect(await membersOf(result.tar)).toMatchObject([{ name: "big", text: content }]);
  });

  it("rejects when the receiver fails or the body breaks off", async () => {
    const body = multipart([files("a", "1")]);
    const failing = readUpload(streamOf(body), CONTENT_TYPE, () => Promise.reject(new Error("bucket")));
    await expect(failing).rejects.toThrow("bucket");
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(body.subarray(0, 20));
        controller.error(new Error("reset"));
      },
    });
    await expect(readUpload(broken, CONTENT_TYPE, () => {})).rejects.toThrow("reset");
  });

  it("survives bytes that are cut, doubled and changed anywhere in an archive", async () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % below;
    };
    for (const name of ["info-zip-streamed.zip", "pax.tar.gz", "python.zip", "info-zip-zip64.zip"]) {
      const archive = await fixture(name);
      for (let round = 0; round < 150; round += 1) {
        const at = random(archive.length);
        const changed = join(archive.slice(0, at), Uint8Array.of(random(256)), archive.slice(at + random(3)));
        const { outcome } = await read(multipart([files(name, changed)]));
        expect(["ok", "refused"]).toContain(outcome.kind);
      }
    }
  });
});
