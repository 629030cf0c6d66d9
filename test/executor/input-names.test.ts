import { describe, expect, it } from "vitest";
import { TAR_END, tarHeader, tarPadding } from "../../src/uploads/index.ts";
import { inline, runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

/** The tar that the Worker makes of these files. */
const canonicalTar = (files: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([
    ...Object.entries(files).flatMap(([path, text]) => {
      const content = Buffer.from(text);
      const { length: sizeBytes } = content;
      return [tarHeader({ path, kind: "file", sizeBytes }), content, tarPadding(sizeBytes)];
    }),
    TAR_END,
  ]);

/** Its code points end in the bytes of the name. */
const shadowOf = (name: string): string =>
  [...name].map((char) => String.fromCharCode(char.charCodeAt(0) + 0x100)).join("");

const program = `
import os, json
found = {}
for folder, _, names in os.walk("."):
    for name in names:
        path = os.path.relpath(os.path.join(folder, name), ".")
        found[path] = open(path, encoding="utf-8").read() if path != "main.py" else "program"
print(json.dumps(found, sort_keys=True))
open("größe " + "ж.txt", "w").write("out")
`;

const names = [
  "данные.csv",
  "größe.txt",
  "日本語.txt",
  "🐦.txt",
  "e\u0301.txt",
  `${"ж".repeat(60)}.txt`,
  shadowOf("main.py"),
];

/** Small files at the top come with the orders; anything below a folder comes as an archive. */
const ways = [
  { way: "with the orders", folder: "" },
  { way: "as an archive", folder: "тест/" },
];

describe.each(levels)("names of inputs at $name", ({ options }) => {
  const { executor, worker } = withExecutor(options);

  it.each(ways.flatMap((one) => names.map((name) => ({ ...one, name }))))(
    "reach the program as they are, and replace nothing, $way: $name",
    async ({ folder, name }) => {
      const files = {
        "main.py": program,
        [name]: "data",
        ...(folder === "" ? {} : { [`${folder}${name}`]: "low" }),
      };
      const tar = { kind: "tar" as const, blob: inline(canonicalTar(files)), stripComponents: 0 as const };
      const { finished, stdout, stderr } = await runJob(executor(), worker(), program, { inputs: [tar] });
      expect(finished, stderr).toMatchObject({ reason: "exit", exitCode: 0 });
      expect(JSON.parse(stdout)).toEqual({ ...files, "main.py": "program" });
      expect(finished.outputs.map(({ path }) => path)).toEqual(["größe ж.txt"]);
    },
  );
});
