import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "vitest";
import { newClient, rawFetch } from "./support/client.ts";

/** Runs a shell script in a folder of its own and gives the file that it makes there. */
const made = (name: string, script: string): Buffer => {
  const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-archives-"));
  try {
    const { status, stderr } = spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return readFileSync(path.join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const LAY = `
mkdir -p lib bin
cat >main.py <<'END'
import os, subprocess
from alias import value
from lib64.deep import more
print(value, more, subprocess.run(["bin/tool"], capture_output=True, text=True).stdout.strip())
open("tool.out", "w").write("#!/bin/sh\\necho from the output\\n"); os.chmod("tool.out", 0o755)
END
echo 'value = 42' >lib/value.py
echo 'more = 43' >lib/deep.py
ln -s lib/value.py alias.py
ln -s lib lib64
printf '#!/bin/sh\\necho ran\\n#%05000d\\n' 0 >bin/tool
chmod 755 bin/tool
`;
const ZIP = `
import os, stat, zipfile
with zipfile.ZipFile("p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for name in ["main.py", "alias.py", "lib64", "lib/value.py", "lib/deep.py", "bin/tool"]:
        info = zipfile.ZipInfo(name)
        mode = os.lstat(name).st_mode
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, os.readlink(name) if stat.S_ISLNK(mode) else open(name, "rb").read())
`;

const forms = [
  { form: "a tar.gz", name: "p.tar.gz", pack: "tar -czf p.tar.gz main.py alias.py lib64 lib bin" },
  { form: "a tar", name: "p.tar", pack: "tar -cf p.tar main.py alias.py lib64 lib bin" },
  { form: "a zip", name: "p.zip", pack: `cat >pack.py <<'END'\n${ZIP}END\npython3 pack.py` },
];

describe("an archive", () => {
  test.concurrent.for(forms)(
    "keeps links and executable files, in and out: $form",
    async ({ name, pack }, { expect }) => {
      const client = newClient();
      const { job_id: id } = await client.submit({ files: [{ path: name, data: made(name, LAY + pack) }] });
      expect(await client.wait(id)).toMatchObject({ status: "completed", attempts: 1 });
      expect(await client.text(id)).toBe("42 43 ran\n");
      expect((await client.outputs(id)).files).toEqual(["tool.out"]);
      const archive = Buffer.from(await (await rawFetch(`/download/${id}`)).arrayBuffer());
      const folder = mkdtempSync(path.join(tmpdir(), "sandpiper-out-"));
      writeFileSync(path.join(folder, "out.tar.gz"), archive);
      const { stdout } = spawnSync("sh", ["-c", "tar -xzf out.tar.gz && ./tool.out"], {
        cwd: folder,
        encoding: "utf8",
      });
      rmSync(folder, { recursive: true });
      expect(stdout).toBe("from the output\n");
    },
  );

  test.concurrent("has its program hashed alike before it is queued and where it is laid out, by whatever name", async ({
    expect,
  }) => {
    const write = "mkdir -p top/lib; echo 'print(\"by a link\")' >top/lib/real.py";
    const links = ["ln top/lib/real.py top/main.py", "ln -s lib/real.py top/main.py"];
    const runs = links.flatMap((link) => [{ link }, { link, language: "python" }]);
    const ended = await Promise.all(
      runs.map(async ({ link, ...manifest }) => {
        const client = newClient();
        const data = made("p.tar", `${write}; ${link}; tar -cf p.tar top/lib top/main.py`);
        const { job_id: id } = await client.submit({
          files: [{ path: "p.tar", data }],
          manifest: { entrypoint: "main.py", args: ["a|b", "é"], ...manifest },
        } as never);
        const { status, termination_reason: reason } = await client.wait(id);
        return [status, reason, await client.text(id)];
      }),
    );
    expect(ended).toEqual(runs.map(() => ["completed", "exit", "by a link\n"]));
  });

  test.concurrent("that is data stays as it is", async ({ expect }) => {
    const client = newClient();
    const data = made("p.tar", `${LAY}tar -cf p.tar lib`);
    const program = "import tarfile, os; print(sorted(os.listdir()), tarfile.open('p.tar').getnames()[0])";
    const { job_id: id } = await client.submit({
      files: [
        { path: "p.tar", data },
        { path: "main.py", data: program },
      ],
      manifest: { unpack: false },
    });
    await client.wait(id);
    expect(await client.text(id)).toBe("['main.py', 'p.tar'] lib\n");
  });
});

describe("a manifest", () => {
  test.concurrent("has a module run in its package", async ({ expect }) => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      files: [
        { path: "pkg/__init__.py", data: "" },
        { path: "pkg/b.py", data: "b = 'relative'" },
        { path: "pkg/main.py", data: "from .b import b\nprint(b)" },
      ],
      manifest: { module: "pkg.main" },
    });
    await client.wait(id);
    expect(await client.text(id)).toBe("relative\n");
  });

  test.concurrent("has scripts cleaned before they are hashed", async ({ expect }) => {
    const client = newClient();
    const script = "\ufeffecho a\r\necho b\r\n";
    const submit = (manifest: object) =>
      client.submit({ files: [{ path: "run.sh", data: script }], manifest } as never);
    const refused = await client.wait((await submit({})).job_id);
    expect(refused).toMatchObject({ status: "failed", termination_reason: "bad_input", attempts: 1 });
    const { job_id: id } = await submit({ normalize: true });
    const report = await client.wait(id);
    expect(await client.text(id)).toBe("a\nb\n");
    const hashed = createHash("sha256").update("run.sh|bash||echo a\necho b\n").digest("hex");
    expect(report.job_hash).toBe(hashed);
  });
});

describe("a run", () => {
  test.concurrent("is told before its limit, and keeps what it wrote", async ({ expect }) => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "echo early >early.txt; trap 'echo told; echo late >late.txt; exit 7' TERM; echo up; sleep 60",
      interpreter: "bash",
      timeout: 4,
      grace_seconds: 2,
      keep_outputs: true,
    });
    const report = await client.wait(id);
    expect(report).toMatchObject({
      status: "failed",
      termination_reason: "timeout_wall",
      exit_code: 7,
      attempts: 1,
    });
    expect(report.wall_time).toBeLessThan(4.25);
    // The shell itself remarks on the sleep that ended.
    expect((await client.text(id)).replace("Terminated\n", "")).toBe("up\ntold\n");
    expect((await client.outputs(id)).files.toSorted()).toEqual(["early.txt", "late.txt"]);
  });

  test.concurrent("has one pipe where it asks for it", async ({ expect }) => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "import os\nfor n in range(300): os.write(1 + n % 2, b'%d ' % n)",
      merge_output: true,
    });
    await client.wait(id);
    expect(await client.text(id)).toBe(Array.from({ length: 300 }, (_, n) => `${n} `).join(""));
  });

  test.concurrent("says what was found and not kept", async ({ expect }) => {
    const client = newClient();
    const { job_id: id } = await client.submit({
      code: "mkdir empty; ln -s run.sh link; echo x >closed; chmod 0 closed; echo y >kept",
      interpreter: "bash",
    });
    const report = await client.wait(id);
    expect(report).toMatchObject({ status: "completed", outputs_dropped: 3 });
    expect(report.dropped_outputs).toEqual(
      expect.arrayContaining([
        { path: "empty", reason: "empty_folder" },
        { path: "link", reason: "link" },
        { path: "closed", reason: "unreadable" },
      ]),
    );
  });
});
