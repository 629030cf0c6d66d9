import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "vitest";
import type { FilePart } from "../../src/client/index.ts";
import { tarGz, zip } from "./support/archives.ts";
import { newClient } from "./support/client.ts";

/** Names whose code points end in the bytes of `main.py`: cut to bytes, they would be that file. */
const impostor = [..."main.py"].map((letter) => String.fromCharCode(0x100 + letter.charCodeAt(0))).join("");
const names = ["данные.csv", "日本/語.txt", "ñandú ☃.txt", `${"ü".repeat(90)}.txt`, impostor];
const program = `
import os
found = sorted(os.path.join(d, f)[2:] for d, _, fs in os.walk(".") for f in fs)
for name in found:
    if name != "main.py": print(ascii(name), open(name, encoding="utf8").read())
open("выход ☃.txt", "w").write("made")
`;

const tree = new Map([
  ["main.py", Buffer.from(program)],
  ...names.map((name): [string, Buffer] => [name, Buffer.from(`in ${name}`)]),
]);

const asciiOf = (name: string): string =>
  `'${[...name]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      if (code < 0x80) return letter;
      return code < 0x100 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("")}'`;

/** Python's own writer, in the format that it is told. */
const pythonTar = (format: "PAX_FORMAT" | "GNU_FORMAT"): Buffer => {
  const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-names-"));
  const source = `
import base64, io, json, sys, tarfile
with tarfile.open("out.tar", "w", format=tarfile.${format}) as archive:
    for name, content in json.load(open("tree.json")).items():
        data = base64.b64decode(content)
        info = tarfile.TarInfo(name); info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
`;
  const encoded = [...tree].map(([name, content]) => [name, content.toString("base64")]);
  writeFileSync(path.join(folder, "tree.json"), JSON.stringify(Object.fromEntries(encoded)));
  const { status, stderr } = spawnSync("/usr/bin/python3", ["-c", source], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const archive = readFileSync(path.join(folder, "out.tar"));
  rmSync(folder, { recursive: true });
  return archive;
};

const forms: readonly { form: string; parts: () => FilePart[] }[] = [
  { form: "single files", parts: () => [...tree].map(([name, data]) => ({ path: name, data })) },
  { form: "a tar.gz", parts: () => [{ path: "p.tar.gz", data: tarGz(tree) }] },
  { form: "a pax tar", parts: () => [{ path: "p.tar", data: pythonTar("PAX_FORMAT") }] },
  { form: "a GNU tar", parts: () => [{ path: "p.tar", data: pythonTar("GNU_FORMAT") }] },
  { form: "a zip", parts: () => [{ path: "p.zip", data: zip(tree) }] },
];

describe("names beyond ASCII", () => {
  test.concurrent.for(forms)(
    "reach the program as they are in $form, and replace nothing",
    async ({ parts }, { expect }) => {
      const client = newClient();
      const { job_id: id } = await client.submit({ files: parts() });
      const report = await client.wait(id);
      expect(report).toMatchObject({ status: "completed", attempts: 1, termination_reason: "exit" });
      const lines = (await client.text(id)).trim().split("\n");
      expect(new Set(lines.map((line) => line.split("' ")[0]))).toEqual(
        new Set(names.map((name) => asciiOf(name).slice(0, -1))),
      );
      expect(lines.every((line) => line.includes("' in "))).toBe(true);
      expect((await client.outputs(id)).files).toEqual(["выход ☃.txt"]);
    },
  );

  test("make an entrypoint, from JSON too", async ({ expect }) => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "print('ran')",
      manifest: { entrypoint: "дом.py" },
    } as never);
    expect(await client.wait(id)).toMatchObject({ status: "completed", attempts: 1 });
  });
});
