import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { casesOf, type HandAttempt, HandExecutor, inputsOf } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

type Stage = Record<string, unknown>;
type Answer = { compile?: Stage; run: Stage; language: string; version: string };

const print = { content: "print(1)" };
const python = { language: "python", version: "*", files: [print] };

/** Executes as a published client does: without a JSON content type. */
const execute = async (
  body: Record<string, unknown>,
  act: (attempt: HandAttempt) => Promise<void>,
  path = "/api/v2/execute",
): Promise<{ answer: Answer; attempt: HandAttempt }> => {
  const response = new Client().fetch(path, { method: "POST", body: JSON.stringify(body) });
  const attempt = await executor.next();
  await act(attempt);
  return { answer: await (await response).json<Answer>(), attempt };
};

const ends =
  (result: Parameters<HandAttempt["judged"]>[1] = {}) =>
  async (attempt: HandAttempt): Promise<void> => {
    await attempt.judged(0, result);
    await attempt.finish({ exitCode: result.verdict === undefined ? 0 : 1 });
  };

describe("an execution", () => {
  it("is one case with the limits that it names, and is answered with one stage where nothing is compiled", async () => {
    const body = {
      ...python,
      version: "3.10.0",
      stdin: "1",
      args: ["1", 2],
      run_timeout: 1_500,
      run_memory_limit: -1,
    };
    const { answer, attempt } = await execute(
      body,
      ends({ stdout: "1\n", cpuSeconds: 0.018, wallTimeMs: 20 }),
    );
    expect(attempt.request.program).toMatchObject({
      entrypoint: "file0.code.py",
      args: ["1", "2"],
      env: { PISTON_LANGUAGE: "python" },
    });
    expect(await casesOf(attempt.request)).toMatchObject([
      { stdin: btoa("1\n"), limits: { timeoutMs: 1_500, cpuMs: 3_000, memoryBytes: 512 * 1_048_576 } },
    ]);
    expect(answer).toEqual({
      run: {
        ...{ signal: null, stdout: "1\n", stderr: "", code: 0, output: "1\n", memory: 1_000_000 },
        ...{ message: null, status: null, cpu_time: 18, wall_time: 20 },
      },
      language: "python",
      version: "12.2.0",
    });
  });

  it("has its compile stage first, with the compiler's words as stderr", async () => {
    const body = {
      language: "cpp",
      version: "10.2.0",
      files: [
        { name: "a.cpp", content: "int main() {}" },
        { name: "b.h", content: "" },
      ],
    };
    const { answer, attempt } = await execute(body, async (one) => {
      await one.compiled({ output: "warning\n" });
      await ends({ stdout: "" })(one);
    });
    expect(attempt.request.language?.compile?.limits).toMatchObject({ timeoutMs: 10_000, cpuMs: 10_000 });
    expect(answer.compile).toMatchObject({ code: 0, stderr: "warning\n", output: "warning\n", status: null });
    expect([answer.language, answer.run.code]).toEqual(["c++", 0]);
  });

  it("that does not compile has a run that is a copy of the compile stage", async () => {
    const { answer } = await execute(
      { language: "c", version: "*", files: [{ content: "x" }] },
      async (one) => {
        await one.compiled({ status: "error", exitCode: 1, output: "error\n" });
        await one.finish({ reason: "compile_error", exitCode: 1 });
      },
    );
    expect(answer.compile).toMatchObject({ code: 1, status: "RE", message: "Exited with error status 1" });
    expect(answer.run).toEqual(answer.compile);
  });

  it("leaves data and headers their names, and gives the program and nameless sources their extension", async () => {
    const text = (name: string) => ({ name, content: "x" });
    const data = { name: "d.bin", content: "AAE=", encoding: "base64" };
    const paths = async (language: string, files: unknown[]): Promise<string[]> => {
      const { attempt } = await execute({ language, version: "*", files }, ends());
      const tar = new TextDecoder("latin1").decode(await inputsOf(attempt.request));
      return [...tar.matchAll(/([a-z][\w./]*)\0+0000\d{3}\0/g)].map(([, path]) => path ?? "").sort();
    };
    expect(
      await paths("c", [data, text("main"), text("a/util"), text("a.h"), text("notes.txt"), text("")]),
    ).toEqual(["a.h", "a/util.c", "d.bin", "file5.code.c", "main.c", "notes.txt"]);
    expect(await paths("python", [text("run.txt"), text("table.csv"), text("rules"), data])).toEqual([
      "d.bin",
      "rules",
      "run.txt.py",
      "table.csv",
    ]);
  });

  it("names a Java program after its public class", async () => {
    const { attempt } = await execute(
      { language: "java", version: "15.0.2", files: [{ content: "public class Hi { }" }] },
      ends(),
    );
    expect(attempt.request.program.entrypoint).toBe("Hi.java");
  });

  it.each([
    [{ verdict: "runtime_error", exitCode: 3 }, 3, null, "RE", "Exited with error status 3"],
    [
      { verdict: "time_limit", reason: "timeout_wall", exitCode: null, signal: "SIGKILL" },
      null,
      "SIGKILL",
      "TO",
      "Time limit exceeded (wall clock)",
    ],
    [
      { verdict: "memory_limit", reason: "memory", exitCode: null, signal: "SIGKILL" },
      null,
      "SIGKILL",
      "SG",
      "Memory limit exceeded",
    ],
    [
      { verdict: "runtime_error", reason: "signal", exitCode: 139, signal: "SIGSEGV" },
      null,
      "SIGSEGV",
      "SG",
      "Caught fatal signal 11",
    ],
    [
      {
        verdict: "output_limit",
        reason: "output_limit",
        exitCode: null,
        signal: "SIGKILL",
        stdoutBytes: 65_536,
      },
      null,
      "SIGKILL",
      "OL",
      "stdout length exceeded",
    ],
    [
      {
        verdict: "output_limit",
        reason: "output_limit",
        exitCode: null,
        signal: "SIGKILL",
        stderrBytes: 65_536,
      },
      null,
      "SIGKILL",
      "EL",
      "stderr length exceeded",
    ],
  ] as const)("that ends as %j says so", async (result, code, signal, status, text) => {
    const { answer } = await execute(python, ends(result));
    expect([answer.run.code, answer.run.signal, answer.run.status, answer.run.message]).toEqual([
      code,
      signal,
      status,
      text,
    ]);
  });

  it("is answered with XX where the service could not run it", async () => {
    const { answer } = await execute(python, (attempt) =>
      attempt.finish({ reason: "bad_input", exitCode: null, message: "no" }),
    );
    expect(answer.run).toMatchObject({ code: null, signal: null, status: "XX" });
  });

  it("may come where the public service was", async () => {
    const { answer } = await execute(python, ends({ stdout: "1\n" }), "/api/v2/piston/execute/");
    expect(answer.run.stdout).toBe("1\n");
  });
});

describe("what does not fit", () => {
  it.each([
    [{}, "language is required as a string"],
    [{ language: "python", version: "" }, "version is required as a string"],
    [{ language: "python", version: "*" }, "files is required as an array"],
    [{ ...python, files: [{}] }, "files[0].content is required as a string"],
    [{ ...python, version: "latest" }, "python-latest runtime is unknown"],
    [{ ...python, language: "Python" }, "Python-* runtime is unknown"],
    [{ ...python, files: [] }, "files must include at least one utf8 encoded file"],
    [
      { ...python, files: [{ content: "eA==", encoding: "base64" }] },
      "files must include at least one utf8 encoded file",
    ],
    [{ ...python, run_timeout: "3" }, "If specified, run_timeout must be a number"],
    [{ ...python, run_timeout: 30_001 }, "run_timeout cannot exceed the configured limit of 30000"],
    [{ ...python, compile_timeout: -1 }, "compile_timeout must be non-negative"],
    [{ ...python, args: "abc" }, "args must be an array"],
    [{ ...python, args: ["a\0"] }, "args must not contain NUL characters"],
    [{ ...python, args: Array(1_001).fill("") }, "args must have at most 1000 items and 131072 bytes"],
    [{ ...python, stdin: 5 }, "stdin must be a string"],
    [
      { ...python, files: [{ name: "../x.py", content: "" }] },
      "a file's name must stay below the folder and come once",
    ],
  ])("is refused in the original's words: %j", async (body, message) => {
    const response = await new Client().post("/api/v2/execute", body);
    expect([response.status, await response.json()]).toEqual([400, { message }]);
  });

  it("is refused with 413 when it is too large, and 404 and 405 have the door's own shape", async () => {
    const client = new Client();
    const large = await client.post("/api/v2/execute", { ...python, stdin: "x".repeat(1_100_000) });
    expect(large.status).toBe(413);
    const unknown = await client.fetch("/api/v2/nothing");
    expect([unknown.status, await unknown.json()]).toEqual([404, { message: "Not Found" }]);
    expect((await client.fetch("/api/v2/execute")).status).toBe(405);
    expect((await client.fetch("/api/v2/execute", { method: "POST", body: "{" })).status).toBe(400);
  });
});

describe("what clients ask before they execute", () => {
  it("is the list of runtimes, with a package's name where that has several", async () => {
    const runtimes = await new Client().json<Record<string, unknown>[]>("/api/v2/piston/runtimes/");
    expect(runtimes).toContainEqual({
      language: "c++",
      version: "12.2.0",
      aliases: ["cpp", "g++"],
      runtime: "gcc",
    });
    expect(runtimes.find(({ language }) => language === "python")).not.toHaveProperty("runtime");
    const packages = await new Client().json<unknown[]>("/api/v2/packages");
    expect(packages).toContainEqual({ language: "gcc", language_version: "12.2.0", installed: true });
    const change = (language: string) => new Client().post("/api/v2/packages", { language, version: "1" });
    expect([(await change("gcc")).status, (await change("cow")).status]).toEqual([403, 404]);
  });
});
