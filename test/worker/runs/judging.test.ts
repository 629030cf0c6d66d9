import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { casesOf, HandExecutor, inputsOf } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const MIB = 1_048_576;
const SECRET = "what-is-expected-of-it";
const textOf = (base64: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));

const submitted = async (body: Record<string, unknown>) => {
  const client = new Client();
  const id = await client.submit(body);
  return { client, id, attempt: await executor.of(id) };
};

describe("a run in a language", () => {
  it("is sent to the executor with its flags and limits, and shows language and compile step", async () => {
    const { client, id, attempt } = await submitted({
      code: "int main() {}",
      language: "C++",
      compile_flags: ["-DX=1"],
      compile_timeout: 5,
    });
    const { protocol, program, language, cases } = attempt.request;
    expect([protocol, program.interpreter, program.entrypoint, cases]).toEqual([
      2,
      null,
      "main.cpp",
      undefined,
    ]);
    expect(language).toMatchObject({
      id: "cpp",
      compile: { flags: ["-DX=1"], limits: { timeoutMs: 5_000, cpuMs: 30_000, memoryBytes: 512 * MIB } },
    });
    await attempt.started();
    await attempt.compiled({ output: "a warning\n" });
    await attempt.log("hello\n");
    await attempt.finish();
    const status = await client.status(id);
    expect(status).toMatchObject({
      status: "completed",
      language: { id: "cpp", version: "12.2.0" },
      compile: { status: "ok", output: "a warning\n", output_truncated: false, cached: false },
      execution_metadata: { interpreter: "cpp" },
    });
    expect(status).not.toHaveProperty("verdict");
    const { records } = await client.json<{ records: unknown[] }>(`/logs/${id}?after=0`);
    expect(records).toEqual([
      expect.objectContaining({ seq: 1, data: "a warning\n", phase: "compile" }),
      expect.objectContaining({ seq: 3, data: "hello\n" }),
    ]);
  });

  it("ends with the compiler's text when it does not compile", async () => {
    const { client, id, attempt } = await submitted({ code: "int main( {}", language: "c" });
    await attempt.started();
    await attempt.compiled({ status: "error", exitCode: 1, output: "main.c:1: error\n" });
    await attempt.finish({
      reason: "compile_error",
      exitCode: 1,
      judged: { verdict: "compile_error", stoppedBy: null, finished: 0, accepted: 0 },
    });
    expect(await client.status(id)).toMatchObject({
      status: "failed",
      termination_reason: "compile_error",
      exit_code: 1,
      verdict: "compile_error",
      compile: { status: "error", output: "main.c:1: error\n" },
    });
  });

  it("is known by a file's extension, and a Java source by its public class", async () => {
    const java = await submitted({ code: "public class Solution { }", language: "java" });
    expect(java.attempt.request.program.entrypoint).toBe("Solution.java");
    await java.attempt.finish();
    const named = await submitted({ code: "puts 1", entrypoint: "tool.rb" });
    expect(named.attempt.request.language?.id).toBe("ruby");
    await named.attempt.finish();
  });

  it.each([
    [{ language: "klingon" }, "language"],
    [{ language: "rust" }, "language"],
    [{ language: "python", interpreter: "node" }, "language"],
    [{ language: "cpp", environment: "ml-basic" }, "environment"],
    [{ language: "ruby", compile_flags: ["-O2"] }, "compile_flags"],
    [{ compile_flags: ["-O2"] }, "compile_flags"],
    [{ language: "cpp", compile_timeout: 0 }, "compile_timeout"],
    [{ cases: [] }, "cases"],
    [{ cases: Array.from({ length: 101 }, () => ({})) }, "cases"],
    [{ cases: [{ id: "a" }, { id: "a" }] }, "cases"],
    [{ cases: [{ id: "no spaces" }] }, "cases.0.id"],
    [{ cases: [{ stdin: 5 }] }, "cases.0.stdin"],
    [{ cases: [{ stdin: { base64: "?" } }] }, "cases.0.stdin"],
    [{ cases: [{ timeout: 0.01 }] }, "cases.0.timeout"],
    [{ cases: [{ output: "x" }] }, "cases.0"],
    [{ expected_output: "1", compare: "fuzzy" }, "compare"],
    [{ cases_file: "cases.json" }, "cases_file"],
    [{ tests: [{}] }, "tests"],
  ])("is refused for %j, and leaves nothing behind", async (manifest, field) => {
    const client = new Client();
    const response = await client.post("/submit", { code: "1", ...manifest });
    const problem = await response.json<{ details: { field: string }[] }>();
    expect([response.status, problem.details.map((one) => one.field)]).toEqual([400, [field]]);
    expect(await client.json("/stats")).toMatchObject({ your_quota: { active_jobs: 0, jobs_last_hour: 0 } });
  });

  it("is refused with 413 when what its cases read or expect is too large", async () => {
    const large = "x".repeat(MIB + 1);
    const many = Array.from({ length: 9 }, () => ({ stdin: "x".repeat(MIB) }));
    for (const cases of [[{ stdin: large }], [{ expected_output: large }], many]) {
      const response = await new Client().post("/submit", { code: "1", cases });
      expect(response.status).toBe(413);
    }
  });
});

describe("a judged run", () => {
  const body = {
    code: "print(input())",
    language: "python",
    timeout: 7,
    cases: [
      { stdin: "1", expected_output: SECRET },
      { id: "bytes", stdin: { base64: btoa("\xff") }, args: ["-x"], cpu_seconds: 0.5, compare: "exact" },
      { stdin: "3", expected_output: SECRET, compare: { mode: "numeric" } },
    ],
    stop_on_failure: true,
  };

  it("tells each case live, resumes behind any of them, and shows them in the status", async () => {
    const { client, id, attempt } = await submitted(body);
    const sent = await casesOf(attempt.request);
    expect(
      sent.map(({ id: name, stdin, args, limits, compare }) => [
        name,
        textOf(stdin).length,
        args,
        limits.timeoutMs,
        limits.cpuMs,
        compare,
      ]),
    ).toEqual([
      ["0", 1, null, 7_000, 10_000, "trimmed"],
      ["bytes", 1, ["-x"], 7_000, 500, "exact"],
      ["2", 1, null, 7_000, 10_000, { mode: "numeric", absolute: 1e-6, relative: 1e-6 }],
    ]);
    expect(attempt.request.cases).toMatchObject({ total: 3, stopOnFailure: true, outputBytes: MIB });
    await attempt.started();
    await attempt.judged(0, { stdout: "é\n" });
    await attempt.judged(1, { verdict: "wrong_answer", stdout: "no\n" });
    expect(await client.status(id)).toMatchObject({
      status: "running",
      verdict: null,
      cases: { total: 3, finished: 2, accepted: 1 },
    });
    await attempt.judged(2, { verdict: "skipped", exitCode: null, reason: null });
    await attempt.finish({
      exitCode: 1,
      judged: { verdict: "wrong_answer", stoppedBy: "failure", finished: 2, accepted: 1 },
    });
    const status = await client.status(id);
    expect(status).toMatchObject({
      status: "failed",
      termination_reason: "exit",
      exit_code: 1,
      verdict: "wrong_answer",
      cases: { total: 3, finished: 2, accepted: 1 },
      cases_stopped_by: "failure",
    });
    expect(status.case_results).toHaveLength(3);
    expect(JSON.stringify(status)).not.toContain("stdout_encoding");

    const watcher = await client.socket(`/logs/${id}/stream?after=1`, "sandpiper.v1");
    await watcher.closed;
    const frames = watcher.frames.map((frame) => JSON.parse(frame));
    expect(
      frames.map(({ type, seq = null, index = null, verdict = null }) => [type, seq, index, verdict]),
    ).toEqual([
      ["status", null, null, null],
      ["case", 2, 1, "wrong_answer"],
      ["case", 3, 2, "skipped"],
      ["end", null, null, "wrong_answer"],
    ]);
    const events = await (
      await client.fetch(`/logs/${id}/events`, { headers: { "last-event-id": "2" } })
    ).text();
    expect(events.match(/^(id|event): .*$/gm)).toEqual([
      "event: status",
      "id: 3",
      "event: case",
      "id: end",
      "event: end",
    ]);
    expect(await client.json(`/logs/${id}`)).toMatchObject({ stdout: "", stderr: "" });
  });

  it("shows what a case printed where it is asked for, and pages through the cases", async () => {
    const { client, id, attempt } = await submitted(body);
    await attempt.started();
    await attempt.judged(0, { stdout: "é\n" });
    const bytes = String.fromCharCode(0xff, 0xfe);
    await attempt.report({
      ...{
        type: "case",
        atMs: 1,
        index: 1,
        id: "bytes",
        verdict: "runtime_error",
        exitCode: 139,
        signal: "SIGSEGV",
      },
      ...{
        reason: "signal",
        cpuSeconds: 0,
        wallTimeMs: 1,
        memoryPeakBytes: 1,
        stdoutBytes: 5,
        stderrBytes: 0,
      },
      ...{ stdout: btoa(bytes), stderr: "", order: [2] },
    });
    const shown = await client.json<{ case_results: unknown[] }>(`/status/${id}?include=output`);
    expect(shown.case_results).toMatchObject([
      { stdout: "é\n", stdout_encoding: "utf-8", stdout_truncated: false, stderr: "" },
      { stdout: btoa(bytes), stdout_encoding: "base64", stdout_truncated: true, signal: "SIGSEGV" },
    ]);
    expect(await client.json(`/cases/${id}?from=1&limit=1`)).toMatchObject({
      total: 3,
      cases: [{ index: 1 }],
      next: 2,
    });
    expect(await client.json(`/cases/${id}/1`)).toMatchObject({ id: "bytes", stdout_bytes: 5 });
    expect((await client.fetch(`/cases/${id}/2`)).status).toBe(404);
    expect((await client.fetch(`/cases/${id}?limit=0`)).status).toBe(400);
    expect((await client.fetch(`/cases/job-${"0".repeat(32)}`)).status).toBe(404);
    await attempt.finish({ exitCode: 1 });
  });

  it("never shows what is expected of it", async () => {
    const { client, id, attempt } = await submitted(body);
    expect(textOf((await casesOf(attempt.request))[0]?.expected ?? "")).toBe(SECRET);
    await attempt.started();
    await attempt.judged(0, { verdict: "wrong_answer", stdout: "no" });
    await attempt.finish({ exitCode: 1 });
    for (const path of ["status", "logs", "cases", "outputs"])
      for (const query of ["", "?include=output"])
        expect(await (await client.fetch(`/${path}/${id}${query}`)).text()).not.toContain(SECRET);
    expect(await (await client.fetch(`/logs/${id}/events`)).text()).not.toContain(SECRET);
  });

  it("takes cases from a file of the upload, which the program does not find", async () => {
    const client = new Client();
    const form = new FormData();
    form.append("files", new File(["print(1)"], "main.py"));
    form.append("files", new File([JSON.stringify([{ stdin: "1", expected_output: SECRET }])], "cases.json"));
    form.append("manifest", JSON.stringify({ cases_file: "cases.json" }));
    const response = await client.fetch("/submit", { method: "POST", body: form });
    const { job_id: id } = await response.json<{ job_id: string }>();
    const attempt = await executor.of(id);
    expect(attempt.request.cases?.omits).toContain("cases.json");
    expect((await casesOf(attempt.request)).map(({ expected }) => textOf(expected ?? ""))).toEqual([SECRET]);
    expect(attempt.request.language?.id).toBe("python");
    expect((await client.status(id)).execution_metadata).toMatchObject({ interpreter: "python3" });
    await attempt.finish();
  });

  it("keeps large cases in the bucket, and gives them up with the run", async () => {
    const stdin = "x".repeat(200_000);
    const { client, id, attempt } = await submitted({ code: "1", language: "python", cases: [{ stdin }] });
    expect(attempt.request.cases?.blob.kind).toBe("url");
    expect((await casesOf(attempt.request))[0]?.stdin).toBe(btoa(stdin));
    expect((await inputsOf(attempt.request)).length).toBeGreaterThan(0);
    await attempt.finish();
    expect(await client.status(id)).toMatchObject({ status: "completed" });
  });

  it("starts its cases anew with a new attempt, and shows those of the newest alone", async () => {
    const { client, id, attempt } = await submitted(body);
    await attempt.started();
    await attempt.judged(0, { stdout: "first" });
    await attempt.finish({ reason: "infrastructure", exitCode: null, message: "lost" });
    const again = await executor.of(id);
    await again.started();
    expect(await client.status(id)).toMatchObject({ cases: { finished: 0 }, case_results: [] });
    await again.judged(0, { verdict: "wrong_answer", stdout: "second" });
    expect(await client.json(`/cases/${id}/0`)).toMatchObject({ stdout: "second" });
    await again.finish({ exitCode: 1 });
  });
});

describe("GET /runtimes", () => {
  it("lists the languages that the executor has, with what a client needs to use one", async () => {
    const { languages } = await new Client().json<{ languages: { id: string }[] }>("/runtimes");
    expect(languages.map(({ id }) => id)).toEqual(executor.languages.map(({ id }) => id));
    expect(languages.find(({ id }) => id === "cpp")).toEqual({
      id: "cpp",
      name: "C++ (GCC)",
      version: "12.2.0",
      version_text: "cpp 12.2.0",
      aliases: ["c++", "g++"],
      extensions: ["cpp", "cc", "cxx"],
      source_file: "main.cpp",
      compiled: true,
      environment: "default",
    });
  });
});
