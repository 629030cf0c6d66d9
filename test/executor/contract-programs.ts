import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Reach } from "./contract.ts";
import { fileInput, inline, runJob } from "./support/jobs.ts";
import { makeTar } from "./support/tar.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const describeInterpreters = ({ executor, worker }: Reach): void => {
  it.each([
    [
      "python3",
      "import sys; print('out', sys.argv[1:]); print('err', file=sys.stderr)",
      "out ['a', 'b c']\n",
    ],
    ["node", "console.log('out', process.argv.slice(2)); console.error('err')", "out [ 'a', 'b c' ]\n"],
    ["bash", 'echo "out" "[$1]" "[$2]"; echo err >&2', "out [a] [b c]\n"],
    ["sh", 'echo "out" "[$1]" "[$2]"; echo err >&2', "out [a] [b c]\n"],
  ] as const)("runs %s with its arguments", async (interpreter, source, stdout) => {
    const result = await runJob(executor(), worker(), source, { interpreter, args: ["a", "b c"] });
    expect(result).toMatchObject({ stdout, stderr: "err\n", finished: { exitCode: 0, reason: "exit" } });
  });

  it("passes exit codes through, also those that look like signals", async () => {
    for (const code of [1, 77, 126, 137, 255]) {
      const { finished } = await runJob(executor(), worker(), `exit ${code}`, { interpreter: "bash" });
      expect(finished).toMatchObject({ reason: "exit", exitCode: code, signal: null });
    }
  });

  it.each([
    ["SIGSEGV", 139],
    ["SIGKILL", 137],
    ["SIGTERM", 143],
    ["SIGABRT", 134],
  ])("names the signal when a program dies of %s", async (signal, exitCode) => {
    const source = `import os, signal\nos.kill(os.getpid(), signal.${signal})`;
    const { finished } = await runJob(executor(), worker(), source);
    expect(finished).toMatchObject({ reason: "signal", exitCode, signal });
  });

  it("gives standard input at its end, or the text that was sent", async () => {
    const source = "import sys; print(repr(sys.stdin.read()))";
    expect((await runJob(executor(), worker(), source)).stdout).toBe("''\n");
    const given = await runJob(executor(), worker(), source, { stdin: inline("line\nmore") });
    expect(given.stdout).toBe("'line\\nmore'\n");
    const reopened = { interpreter: "bash", stdin: inline("again") } as const;
    expect((await runJob(executor(), worker(), "cat /dev/stdin", reopened)).stdout).toBe("again");
  });

  it("sets the environment that was asked for, over a plain one", async () => {
    const env = { GREETING: "héllo", HOME: "/tmp" };
    const { stdout } = await runJob(executor(), worker(), "env", { interpreter: "bash", env });
    const names = stdout.trim().split("\n");
    expect(names).toContain("GREETING=héllo");
    expect(names).toContain("HOME=/tmp");
    expect(names.some((line) => line.startsWith("PATH="))).toBe(true);
  });

  it("runs in the job's folder and lets programs open their standard streams by name", async () => {
    const source = "pwd; echo out > /dev/stdout; echo err > /dev/stderr";
    const result = await runJob(executor(), worker(), source, { interpreter: "bash" });
    expect(result).toMatchObject({ stdout: "/job\nout\n", stderr: "err\n" });
  });

  it("lets programs use signals, threads and child processes", async () => {
    const source = `
import signal, subprocess, threading, multiprocessing
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
thread = threading.Thread(target=lambda: print("thread")); thread.start(); thread.join()
print(subprocess.run(["echo", "child"], capture_output=True, text=True).stdout, end="")
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))
`;
    const { stdout, stderr } = await runJob(executor(), worker(), source);
    expect([stdout, stderr]).toEqual(["alarm\nthread\nchild\n[1, 2]\n", ""]);
  });
};

const describeLogs = ({ executor, worker }: Reach): void => {
  it("keeps a large output whole and in order", async () => {
    const source = "for i in range(60000): print(i)";
    const { stdout, finished } = await runJob(executor(), worker(), source);
    expect(stdout).toBe(Array.from({ length: 60_000 }, (_, i) => `${i}\n`).join(""));
    expect(finished.truncated).toEqual({ stdout: false, stderr: false });
  });

  it("replaces bytes that are no UTF-8 and keeps characters that come in pieces", async () => {
    const source = `
import os, time
os.write(1, b"a\\xff\\xc3"); time.sleep(0.1); os.write(1, b"\\xa9 \\xf0\\x9f"); time.sleep(0.1)
os.write(1, b"\\xa6\\x86 \\x00 \\xe2\\x82")
`;
    const { stdout } = await runJob(executor(), worker(), source);
    expect(stdout).toBe("a\ufffdé 🦆 \0 \ufffd");
  });

  it("reports output while the program runs", async () => {
    const source = "import time\nfor i in range(3):\n  print(i)\n  time.sleep(0.3)";
    const { stdout, attempt } = await runJob(executor(), worker(), source);
    expect(stdout).toBe("0\n1\n2\n");
    expect(attempt.events.filter(({ type }) => type === "log").length).toBeGreaterThanOrEqual(3);
    expect(attempt.reports.length).toBeGreaterThanOrEqual(3);
  });
};

const describeInputs = ({ executor, worker }: Reach): void => {
  const listing = 'find . -type f | sort | while read f; do echo "$f $(cat "$f")"; done';

  it("lays out archives and files, in the message or by address", async () => {
    const tar = makeTar([
      { name: "top/", type: "directory" },
      { name: "top/main.sh", content: listing },
      { name: "top/data/a.txt", content: "A" },
    ]);
    const inputs = [
      {
        kind: "tar" as const,
        blob: { kind: "url" as const, url: worker().offer(tar), sizeBytes: tar.length },
        stripComponents: 1 as const,
      },
      fileInput("data/b.txt", "B"),
      {
        kind: "file" as const,
        path: "c.txt",
        blob: { kind: "url" as const, url: worker().offer(Buffer.from("C"), 503, 500), sizeBytes: 1 },
      },
    ];
    const { stdout } = await runJob(executor(), worker(), "", { interpreter: "bash", inputs });
    expect(stdout).toBe(`./c.txt C\n./data/a.txt A\n./data/b.txt B\n./main.sh ${listing}\n`);
  });

  it("says which kind of fault an input has", async () => {
    const missing = { kind: "url" as const, url: worker().offer(Buffer.alloc(0), 403), sizeBytes: 5 };
    const fetched = await runJob(executor(), worker(), "", {
      inputs: [{ kind: "file", path: "main.py", blob: missing }],
    });
    expect(fetched.finished).toMatchObject({
      reason: "infrastructure",
      message: "An input could not be fetched.",
    });
    const malformed = await runJob(executor(), worker(), "", {
      inputs: [{ kind: "tar", blob: inline("this is no archive".repeat(100)), stripComponents: 0 }],
    });
    expect(malformed.finished).toMatchObject({
      reason: "bad_input",
      message: "An input archive is malformed.",
    });
  });
};

const describeOutputs = ({ executor, worker }: Reach): void => {
  it("stores new and changed files and leaves unchanged inputs out", async () => {
    const source = `
mkdir -p deep/er; echo one > deep/er/one.txt; printf two > 'sp ace.txt'; echo more >> changed.txt; : > empty
`;
    const inputs = [fileInput("main.sh", source), fileInput("changed.txt", "x"), fileInput("same.txt", "y")];
    const { finished, stored } = await runJob(executor(), worker(), "", { interpreter: "bash", inputs });
    expect(finished.outputs.map(({ path }) => path).sort()).toEqual([
      "changed.txt",
      "deep/er/one.txt",
      "empty",
      "sp ace.txt",
    ]);
    expect(stored.get("deep/er/one.txt")?.toString()).toBe("one\n");
    expect(stored.get("changed.txt")?.toString()).toBe("xmore\n");
    const one = finished.outputs.find(({ path }) => path === "sp ace.txt");
    expect(one).toEqual({ path: "sp ace.txt", sizeBytes: 3, sha256: sha256("two") });
  });

  it("collects one folder only when it is told to, and after a failure too", async () => {
    const source = "mkdir out; echo a > out/a; echo b > b; exit 3";
    const outputs = { root: "out" };
    const { finished } = await runJob(executor(), worker(), source, { interpreter: "bash", outputs });
    expect(finished).toMatchObject({ exitCode: 3, outputs: [{ path: "a" }] });
  });

  it("signs what the patterns select, in byte-wise order", async () => {
    const source = "for n in b.csv a.csv B.csv c.txt; do printf $n > $n; done";
    const outputs = { patterns: ["*.csv"] };
    const { finished } = await runJob(executor(), worker(), source, { interpreter: "bash", outputs });
    expect(finished.outputs).toHaveLength(4);
    const signed = finished.signature?.signedPayload.split("|").slice(4);
    expect(signed).toEqual([...["B.csv", "a.csv", "b.csv"].map((name) => `${name}:${sha256(name)}`), ""]);
  });
};

const describeLimits = ({ executor, worker }: Reach): void => {
  it.each([
    ["timeout_wall", { timeoutMs: 600 }, "import time\ntime.sleep(30)"],
    ["timeout_cpu", { cpuMs: 500 }, "while True: pass"],
    ["output_limit", { outputBytesPerStream: 100_000 }, "while True: print('x' * 1000)"],
  ] as const)("ends a program with %s when it passes that limit", async (reason, limits, source) => {
    const withFile = `open('out.txt', 'w').write('x')\nprint('up', flush=True)\n${source}`;
    const { finished, stdout } = await runJob(executor(), worker(), withFile, { limits });
    expect(finished).toMatchObject({ reason, exitCode: null, signal: "SIGKILL", outputs: [] });
    expect(stdout.startsWith("up\n")).toBe(true);
  });

  it("keeps output up to the cap, in bytes, and marks the stream that passed it", async () => {
    const source = "import sys\nsys.stderr.write('e' * 10)\nsys.stderr.flush()\nwhile True: print('é' * 500)";
    const limits = { outputBytesPerStream: 20_000 };
    const { finished, stdout, stderr } = await runJob(executor(), worker(), source, { limits });
    expect(finished.truncated).toEqual({ stdout: true, stderr: false });
    expect(stderr).toBe("e".repeat(10));
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(20_002);
    expect(Buffer.byteLength(stdout)).toBeGreaterThanOrEqual(19_999);
  });

  it("accounts for time and memory", async () => {
    const source =
      "x = bytearray(60_000_000)\nimport time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass";
    const { finished } = await runJob(executor(), worker(), source);
    expect(finished.cpuSeconds).toBeGreaterThan(0.35);
    expect(finished.cpuSeconds).toBeLessThan(5);
    expect(finished.memoryPeakBytes).toBeGreaterThan(60_000_000);
    expect(finished.wallTimeMs).toBeGreaterThanOrEqual(350);
  });
};

/** What a program finds and leaves behind on every executor that runs programs. */
export const describeExecutorPrograms = (reach: Reach): void => {
  describe("interpreters", () => describeInterpreters(reach));
  describe("logs", () => describeLogs(reach));
  describe("inputs", () => describeInputs(reach));
  describe("outputs", () => describeOutputs(reach));
  describe("limits", () => describeLimits(reach));
};
