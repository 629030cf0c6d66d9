import { describe, expect, it } from "vitest";
import type { CaseResult } from "../../../src/wire/judging.ts";
import { inline } from "../support/jobs.ts";
import { casesOf, type GivenCase, orderFor, runLanguage } from "../support/judging.ts";
import { builtLanguageIds, languagesFolder } from "../support/languages.ts";
import { levels, withExecutor } from "../support/levels.ts";
import { makeTar } from "../support/tar.ts";

const hasC = builtLanguageIds().has("c");
const MIB = 1024 * 1024;
const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();

describe.each(levels)("judged at $name", ({ level, options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, EXECUTOR_LANGUAGES_DIR: languagesFolder },
  });
  const judge = (source: string, given: readonly GivenCase[], rules = {}, more = {}) =>
    runLanguage(executor(), worker(), source, {
      language: orderFor("python", more),
      cases: casesOf(given, rules),
    });
  const verdicts = (cases: readonly CaseResult[]): string[] => cases.map(({ verdict }) => verdict);

  it("a hundred cases come in order, each in a sandbox that none used before", {
    timeout: 120_000,
  }, async () => {
    const source = [
      "import os",
      "left = [p for p in ('/tmp/left', '/dev/shm/left', '/job/left') if os.path.exists(p)]",
      "for p in ('/tmp/left', '/dev/shm/left', '/job/left'): open(p, 'w').write('x')",
      "n = int(input())",
      "print(n * n, left, len([p for p in os.listdir('/proc') if p.isdigit()]))",
    ].join("\n");
    const given = Array.from({ length: 100 }, (_, at) => ({ stdin: `${at}\n`, expected: `${at * at} [] 2` }));
    const { cases, finished } = await judge(source, given);
    expect(cases.map(({ index }) => index)).toEqual(given.map((_, at) => at));
    expect(verdicts(cases)).toEqual(given.map(() => "accepted"));
    expect(finished).toMatchObject({
      reason: "exit",
      exitCode: 0,
      judged: { verdict: "accepted", stoppedBy: null, finished: 100, accepted: 100 },
    });
  });

  it("each verdict is found, and what a program prints comes byte for byte", async () => {
    const source = [
      "import sys, time, os",
      "what = sys.argv[1]",
      "if what == 'loop':",
      "  while True: pass",
      "if what == 'sleep': time.sleep(30)",
      "if what == 'memory': x = b'x' * (400 * 1024 * 1024)",
      "if what == 'flood':",
      "  while True: sys.stdout.write('x' * 65536)",
      "if what == 'crash': os.abort()",
      "if what == 'fail': sys.exit(3)",
      "sys.stdout.buffer.write(b'\\xff\\x00ok'); sys.stderr.write('err')",
    ].join("\n");
    const limits = { timeoutMs: 3_000, cpuMs: 1_000, memoryBytes: 128 * MIB };
    // Without groups the program is told by its own allocator.
    const atMemoryLimit = level === 1 ? "memory_limit" : "runtime_error";
    const kinds = ["loop", "sleep", "memory", "flood", "crash", "fail", "other", "same"];
    const given = kinds.map((kind) => ({
      args: [kind],
      limits,
      compare: "exact" as const,
      expected: kind === "same" ? Buffer.from("\xff\0ok", "latin1") : "other",
    }));
    const { cases, finished } = await judge(source, given, { outputBytes: MIB });
    expect(verdicts(cases)).toEqual([
      ...["time_limit", "time_limit", atMemoryLimit, "output_limit", "runtime_error", "runtime_error"],
      ...["wrong_answer", "accepted"],
    ]);
    expect(cases[1]?.reason).toBe("timeout_wall");
    expect(cases[4]).toMatchObject({ signal: "SIGABRT", reason: "signal" });
    expect(cases[5]?.exitCode).toBe(3);
    expect([cases[7]?.stdout, textOf(cases[7]?.stderr)]).toEqual([
      Buffer.from("\xff\0ok", "latin1").toString("base64"),
      "err",
    ]);
    expect(cases[3]?.stdoutBytes).toBe(MIB);
    expect(finished).toMatchObject({
      exitCode: 1,
      judged: { verdict: "time_limit", finished: 8, accepted: 1 },
    });
  });

  it("cases after a failure are skipped where that is asked for, and in the order of arrival streams are told", async () => {
    const source =
      "import sys, time\nfor n in (1, 2):\n  print(n, flush=True); time.sleep(0.05)\n  print(n, file=sys.stderr, flush=True); time.sleep(0.05)";
    const { cases, finished } = await judge(source, [{ expected: "1\n2" }, { expected: "no" }, {}], {
      stopOnFailure: true,
    });
    expect(verdicts(cases)).toEqual(["accepted", "wrong_answer", "skipped"]);
    expect(finished.judged).toMatchObject({ stoppedBy: "failure", finished: 2 });
    expect(cases[0]?.order).toEqual([2, 2, 2, 2]);
  });

  it("what is expected is in no sandbox, log or result", async () => {
    const secret = "the-secret-that-is-expected";
    const source = [
      "import os, sys",
      "secret = '-'.join(['the', 'secret', 'that', 'is', 'expected'])",
      "found = secret in repr(dict(os.environ)) + repr(sys.argv)",
      "for top in ('/job', '/tmp', '/dev', '/etc', '/opt/launcher', '/proc/1', '/proc/self'):",
      "  for base, folders, files in os.walk(top):",
      "    for name in files:",
      "      path = os.path.join(base, name)",
      "      if path.startswith('/job/'): continue",
      "      try:",
      "        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)",
      "        found = found or secret.encode() in os.read(fd, 65536)",
      "        os.close(fd)",
      "      except OSError: pass",
      "print(found, sorted(os.listdir('/job')))",
    ].join("\n");
    const packed = makeTar([
      { name: "main.py", content: source },
      { name: "cases.json", content: secret },
    ]);
    const limits = { timeoutMs: 30_000, cpuMs: 20_000, memoryBytes: 256 * MIB };
    const request = {
      language: orderFor("python"),
      cases: casesOf([{ stdin: "", expected: secret, limits }], { omits: ["cases.json"] }),
      inputs: [{ kind: "tar" as const, stripComponents: 0 as const, blob: inline(packed) }],
    };
    const { cases, attempt } = await runLanguage(executor(), worker(), source, request);
    expect([cases[0]?.reason, textOf(cases[0]?.stdout)]).toEqual(["exit", "False ['main.py']\n"]);
    expect(JSON.stringify(attempt.events)).not.toContain(secret);
    expect(JSON.stringify(attempt.events)).not.toContain(Buffer.from(secret).toString("base64"));
  });

  it("limits beside memory and time hold, and stderr joins stdout where that is asked for", async () => {
    const source =
      "import sys\nsys.stderr.write('e')\nsys.stderr.flush()\nopen('f', 'wb').write(b'x' * 100000)";
    const { cases } = await judge(source, [{}], {}, { fileBytes: 4_096, joinsStderr: true });
    expect(cases[0]?.verdict).toBe("runtime_error");
    expect(textOf(cases[0]?.stdout)).toContain("e");
    expect(cases[0]?.stderrBytes).toBe(0);
  });

  if (hasC) {
    const program = "#include <stdio.h>\nint main(void) { puts(WHO); return 0; }\n";
    const compiled = (client: string, who: string, source = program) =>
      runLanguage(executor(), worker(), source, {
        language: orderFor("c", { client, flags: [`-DWHO="${who}"`] }),
        cases: casesOf([{ expected: who }]),
      });

    it("what one client compiled is used again for that client alone, and costs it no time", async () => {
      const first = await compiled("one", "1");
      const again = await compiled("one", "1");
      const other = await compiled("two", "1");
      const flags = await compiled("one", "2");
      const changed = await compiled("one", "1", `${program}\n`);
      const cached = [first, again, other, flags, changed].map((one) => one.compiled?.cached);
      expect(cached).toEqual([false, true, false, false, false]);
      expect(again.compiled).toMatchObject({ status: "ok", cpuSeconds: 0, wallTimeMs: 0 });
      for (const { finished } of [first, again, other, flags])
        expect(finished.judged?.verdict).toBe("accepted");
    });

    it("a compiler's refusal is kept too, and never what a limit ended", async () => {
      const broken = "int main(void) { return nothing; }";
      expect((await compiled("three", "1", broken)).compiled).toMatchObject({
        status: "error",
        cached: false,
      });
      expect((await compiled("three", "1", broken)).compiled).toMatchObject({
        status: "error",
        cached: true,
      });
      const endless = '#include "main.c"\n#include "main.c"\n';
      const limited = { timeoutMs: 300, cpuMs: 200, memoryBytes: 512 * MIB };
      const run = () =>
        runLanguage(executor(), worker(), endless, {
          language: {
            ...orderFor("c", { client: "three" }),
            compile: { flags: ["-fmax-include-depth=10000000"], limits: limited },
          },
          cases: casesOf([{}]),
        });
      for (const { compiled: result } of [await run(), await run()])
        expect(result).toMatchObject({ cached: false });
    });

    it("without cases it is logged, and what it makes is an output but not the program itself", async () => {
      const source =
        '#include <stdio.h>\nint main(void) { FILE *f = fopen("made.txt", "w"); fputs("x", f); fclose(f); puts("hello"); return 0; }\n';
      const { stdout, finished, stored } = await runLanguage(executor(), worker(), source, {
        language: orderFor("c"),
      });
      expect([stdout, finished.reason, [...stored.keys()]]).toEqual(["hello\n", "exit", ["made.txt"]]);
    });
  }
});
