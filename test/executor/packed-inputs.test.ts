import { describe, expect, it } from "vitest";
import { fileInput, inline, runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";
import { makeTar, type TarEntry } from "./support/tar.ts";

const tarInput = (entries: readonly TarEntry[], executables?: string) => ({
  kind: "tar" as const,
  blob: inline(makeTar(entries)),
  stripComponents: 0 as const,
  ...(executables === undefined ? {} : { executables }),
});

describe.each(levels)("packed inputs at $name", ({ options }) => {
  const { executor, worker } = withExecutor(options);

  it("have links as further names of files, which are no outputs", async () => {
    const source = `
import alias, os
print(alias.x, os.path.islink("alias.py"), open("deep/copy.txt").read())
`;
    const tar = tarInput([
      { name: "main.py", content: source },
      { name: "lib.py", content: "x = 1" },
      { name: "deep/data.txt", content: "data" },
      { name: "alias.py", type: "link", linkname: "lib.py" },
      { name: "deep/copy.txt", type: "link", linkname: "deep/data.txt" },
    ]);
    const { stdout, stderr, finished } = await runJob(executor(), worker(), source, { inputs: [tar] });
    expect([stdout, stderr]).toEqual(["1 False data\n", ""]);
    expect(finished).toMatchObject({ reason: "exit", outputs: [] });
  });

  it("have the links of one top folder below it too", async () => {
    const source = "print(open('b').read())";
    const entries: TarEntry[] = [
      { name: "p/main.py", content: source },
      { name: "p/a", content: "same" },
      { name: "p/b", type: "link", linkname: "p/a" },
    ];
    const inputs = [{ ...tarInput(entries), stripComponents: 1 as const }];
    expect((await runJob(executor(), worker(), source, { inputs })).stdout).toBe("same\n");
  });

  it.each(["../x", "/etc/passwd", "missing"])("that link to %s are bad input", async (linkname) => {
    const tar = tarInput([
      { name: "main.py", content: "print(1)" },
      { name: "b", type: "link", linkname },
    ]);
    const { finished } = await runJob(executor(), worker(), "", { inputs: [tar] });
    expect(finished.reason).toBe("bad_input");
  });

  it("are executable where their header or the request says so, and outputs where they are", async () => {
    const source = `
import os, stat, shutil
print([name for name in sorted(os.listdir()) if os.access(name, os.X_OK)])
shutil.copy("late", "made"); open("plain", "w").write("x")
`;
    const entries: TarEntry[] = [
      { name: "main.py", content: source },
      { name: "early", content: "#!/bin/sh\n", mode: 0o755 },
      { name: "late", content: "#!/bin/sh\n" },
      { name: "text", content: "x" },
    ];
    const bitmap = Buffer.of(0b100).toString("base64");
    const inputs = [tarInput(entries, bitmap)];
    const { stdout, finished } = await runJob(executor(), worker(), source, { inputs });
    expect(stdout).toBe("['early', 'late']\n");
    expect(finished.outputs.map(({ path, executable }) => [path, executable ?? false])).toEqual(
      expect.arrayContaining([
        ["made", true],
        ["plain", false],
      ]),
    );
  });
});

describe("a module", () => {
  const { executor, worker } = withExecutor();

  it("runs as python3 -m runs it, with relative imports", async () => {
    const inputs = [
      fileInput("pkg/__init__.py", ""),
      fileInput("pkg/helper.py", "value = 42"),
      fileInput(
        "pkg/main.py",
        "import sys\nfrom .helper import value\nprint(value, __package__, sys.argv[1:])",
      ),
    ];
    const { stdout, stderr } = await runJob(executor(), worker(), "", {
      inputs,
      entrypoint: "pkg/main.py",
      args: ["-x"],
      program: { module: "pkg.main" },
    });
    expect([stdout, stderr]).toEqual(["42 pkg ['-x']\n", ""]);
  });
});

describe("a shell script", () => {
  const { executor, worker } = withExecutor();
  const run = (script: string, asArchive: boolean) =>
    runJob(executor(), worker(), "", {
      interpreter: "bash",
      entrypoint: "run.sh",
      inputs: asArchive
        ? [
            tarInput([
              { name: "d/x", content: "1" },
              { name: "run.sh", content: script },
            ]),
          ]
        : [fileInput("run.sh", script)],
    });

  it.each([
    ["CRs at the ends of its lines", "#!/bin/bash\r\necho a\r\n"],
    ["one line with a CR", "echo a\r"],
    ["most lines with CRs", "#!/bin/bash\necho a\r\necho b\r\n"],
    ["a byte order mark", "\ufeffecho a\n"],
  ])("with %s is bad input, which says what to do", async (_what, script) => {
    for (const asArchive of [false, true]) {
      const { finished, stderr } = await run(script, asArchive);
      expect(finished).toMatchObject({ reason: "bad_input", exitCode: null, outputs: [] });
      expect(finished.message).toContain("normalize");
      expect(finished.message).toContain("run.sh");
      expect(stderr).toBe("");
    }
  });

  it("with a few CRs on purpose runs", async () => {
    const script = "echo a\nprintf 'HEAD / HTTP/1.1\r\n' | wc -l\necho b\necho c\n";
    expect((await run(script, false)).stdout).toBe("a\n1\nb\nc\n");
    expect((await run(script, true)).stdout).toBe("a\n1\nb\nc\n");
  });
});
