import { describe, expect, test } from "vitest";
import { zip } from "./support/archives.ts";
import { newAddress, newClient, rawFetch } from "./support/client.ts";

const CPP =
  "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << ' ' << \"é\" << '\\n'; }\n";
const offered = async (): Promise<ReadonlySet<string>> => {
  const response = await rawFetch("/runtimes");
  const { languages } = (await response.json()) as { languages: { id: string }[] };
  return new Set(languages.map(({ id }) => id));
};
const call = async <T>(
  path: string,
  body?: unknown,
  address = newAddress(),
): Promise<{ status: number; answer: T }> => {
  const response = await rawFetch(path, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json", "cf-connecting-ip": address },
  });
  return { status: response.status, answer: (await response.json()) as T };
};
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a program that is judged", () => {
  test("is compiled once, run for each case, and told live", async () => {
    const languages = await offered();
    const isCpp = languages.has("cpp");
    if (!isCpp) process.stdout.write("\n!!! C++ is not built here: Python is judged in its place\n\n");
    const client = newClient();
    const code = isCpp ? CPP : "print(sum(map(int, input().split())), 'é')";
    const { job_id: id } = await client.submit({
      code,
      language: isCpp ? "C++" : "python",
      cases: [
        { stdin: "1 2", expected_output: "3 é" },
        { stdin: "2 2", expected_output: "5 é" },
        { id: "last", stdin: "20 22", expected_output: { base64: base64("42 é\n") }, compare: "exact" },
      ],
    });
    const told: string[] = [];
    for await (const event of client.events(id, { onCase: (one) => told.push(`${one.id} ${one.verdict}`) }))
      if ("type" in event && event.type === "end") expect(event.verdict).toBe("wrong_answer");
    expect(told).toEqual(["0 accepted", "1 wrong_answer", "last accepted"]);
    const report = await client.status(id);
    expect(report).toMatchObject({
      status: "failed",
      exit_code: 1,
      cases: { total: 3, finished: 3, accepted: 2 },
    });
    if (isCpp) expect(report.compile).toMatchObject({ status: "ok", cached: false });
  });
});

describe("Judge0's door", () => {
  test("serves its own client: languages, settings, a batch, and polling with all members", async () => {
    const address = newAddress();
    expect((await call<unknown[]>("/languages", undefined, address)).answer.length).toBeGreaterThan(3);
    expect(Object.keys((await call<object>("/config_info", undefined, address)).answer)).toHaveLength(39);
    const submissions = ["print(input())", "import os; os._exit(3)", "while True: pass"].map((source) => ({
      source_code: base64(source),
      language_id: 71,
      stdin: base64("é"),
      expected_output: base64("é\n"),
      cpu_time_limit: 0.5,
      cpu_extra_time: 0.2,
    }));
    const { answer } = await call<{ token: string }[]>(
      "/submissions/batch?base64_encoded=true",
      { submissions },
      address,
    );
    const tokens = answer.map(({ token }) => token).join("%2C");
    type Polled = { submissions: { status_id: number; stdout: string | null; message: string | null }[] };
    await expect
      .poll(
        async () => {
          const polled = await call<Polled>(
            `/submissions/batch?tokens=${tokens}&base64_encoded=true&fields=*`,
            undefined,
            address,
          );
          return polled.answer.submissions.map(({ status_id }) => status_id);
        },
        { timeout: 40_000, interval: 100 },
      )
      .toEqual([3, 11, 5]);
    const first = await call<{ stdout: string }>(
      `/submissions/${answer[0]?.token}?base64_encoded=false`,
      undefined,
      address,
    );
    expect(first.answer.stdout).toBe("é\n");
  });

  test("waits for a program, and runs one of several files with the scripts that it brings", async () => {
    const waited = await call<{ stdout: string; status: { id: number } }>("/submissions?wait=true", {
      source_code: "echo $1-$2; echo oops >&2",
      language_id: "46",
      command_line_arguments: "'a b' c",
    });
    expect([waited.status, waited.answer]).toMatchObject([
      201,
      { stdout: "a b-c\n", stderr: "oops\n", status: { id: 3 } },
    ]);
    if (!(await offered()).has("multi-file")) return;
    const files = {
      compile: "gcc -o prog main.c",
      run: "./prog",
      "main.c": '#include <stdio.h>\nint main(void) { puts("built"); }\n',
    };
    const built = await call<{ stdout: string }>("/submissions?wait=true", {
      language_id: 89,
      additional_files: zip(
        new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
      ).toString("base64"),
    });
    expect(built.answer).toMatchObject({ stdout: "built\n", status: { id: 3 } });
  });
});

describe("Piston's door", () => {
  test("executes what its clients send, with the streams in their order", async () => {
    const { status, answer } = await call<{ run: Record<string, unknown> }>("/api/v2/piston/execute", {
      language: "py",
      version: "3.10.0",
      files: [{ content: "import sys\nprint(input(), sys.argv[1:])\nsys.exit(2)" }],
      stdin: "é",
      args: ["1", "2", "3"],
      run_memory_limit: -1,
    });
    expect(status).toBe(200);
    expect(answer.run).toMatchObject({ stdout: "é ['1', '2', '3']\n", code: 2, signal: null, status: "RE" });
    const slow = await call<{ run: Record<string, unknown> }>("/api/v2/execute", {
      language: "bash",
      version: "*",
      files: [{ content: "sleep 20" }],
      run_timeout: 300,
    });
    expect(slow.answer.run).toMatchObject({ status: "TO", signal: "SIGKILL", code: null });
  });
});
