import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { FilePart } from "../../src/client/index.ts";
import { tarGz, unpacked, zip } from "./support/archives.ts";
import { newClient, rawFetch } from "./support/client.ts";
import { type Language, projectLog, projectOf, projectResults } from "./support/project.ts";

/** What follows an answer follows soon, also on a busy machine. */
const patience = { timeout: 10_000 };

type Form = "files" | "tar.gz" | "zip";

const partsOf = (language: Language, form: Form): FilePart[] => {
  const tree = projectOf(language);
  if (form === "tar.gz") return [{ path: "project.tar.gz", data: tarGz(tree) }];
  if (form === "zip") return [{ path: "project.zip", data: zip(tree) }];
  return [...tree].map(([path, data]) => ({ path, data }));
};

/** Each language and each form; three of the runs take their time, so that there is something to watch. */
const cases: readonly { language: Language; form: Form; steps: number; pauseSeconds: number }[] = [
  { language: "python3", form: "files", steps: 6, pauseSeconds: 0.5 },
  { language: "node", form: "tar.gz", steps: 6, pauseSeconds: 0.5 },
  { language: "bash", form: "zip", steps: 6, pauseSeconds: 0.5 },
  { language: "python3", form: "tar.gz", steps: 2, pauseSeconds: 0 },
  { language: "python3", form: "zip", steps: 2, pauseSeconds: 0 },
  { language: "node", form: "files", steps: 2, pauseSeconds: 0 },
  { language: "node", form: "zip", steps: 2, pauseSeconds: 0 },
  { language: "bash", form: "files", steps: 2, pauseSeconds: 0 },
  { language: "bash", form: "tar.gz", steps: 2, pauseSeconds: 0 },
];

describe("a project with a subfolder and megabytes of data", () => {
  test.concurrent.for(cases)(
    "runs in $language from $form, and what it made comes back byte for byte",
    async ({ language, form, steps, pauseSeconds }, { expect }) => {
      const client = newClient();
      const { job_id: id } = await client.submit({
        files: partsOf(language, form),
        manifest: { args: [String(pauseSeconds)], env: { STEPS: String(steps) } },
      });

      let log = "";
      for await (const record of client.logs(id)) log += record.data;
      expect(log).toBe(projectLog(steps));
      expect(await client.text(id)).toBe(log);

      const report = await client.wait(id);
      expect(report).toMatchObject({ status: "completed", exit_code: 0, attempts: 1 });
      expect(report.execution_metadata.interpreter).toBe(language);
      expect(report.wall_time).toBeGreaterThanOrEqual(steps * pauseSeconds);

      const results = projectResults();
      const { files } = await client.outputs(id);
      expect(files.toSorted()).toEqual([...results.keys()]);
      for (const [path, content] of results) {
        const { sha256, size_bytes } = report.output_files[path] ?? {};
        expect(size_bytes).toBe(content.length);
        expect(sha256).toBe(createHash("sha256").update(content).digest("hex"));
      }
      const one = await client.download(id, "parts/low/2.bin");
      expect(Buffer.from(await new Response(one.body).arrayBuffer())).toEqual(results.get("parts/low/2.bin"));

      const all = await client.downloadAll(id);
      const tree = unpacked(new Uint8Array(await new Response(all.body).arrayBuffer()));
      expect([...tree.keys()]).toEqual([...results.keys()]);
      for (const [path, content] of results) expect(tree.get(path)?.equals(content)).toBe(true);
      await expect.poll(async () => (await rawFetch(`/status/${id}`)).status, patience).toBe(404);
    },
  );
});

describe("a program as JSON", () => {
  const programs = {
    python3: "import os, sys; print(sys.argv[1], os.environ['WORD'], sys.stdin.read())",
    node: "console.log(process.argv[2], process.env.WORD, require('node:fs').readFileSync(0, 'utf8'))",
    bash: 'echo "$1" "$WORD" "$(cat)"',
    sh: 'echo "$1" "$WORD" "$(cat)"',
  };

  test.for(Object.entries(programs))(
    "runs in %s with its arguments, variables and stdin",
    async ([interpreter, code]) => {
      const client = newClient();
      const { job_id: id } = await client.submit({
        code,
        interpreter: interpreter as keyof typeof programs,
        args: ["a b|c"],
        env: { WORD: "größe" },
        stdin: "line",
      });
      expect(await client.wait(id)).toMatchObject({ status: "completed" });
      expect(await client.text(id)).toBe("a b|c größe line\n");
    },
  );
});
