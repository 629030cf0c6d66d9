import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../support/client.ts";
import { casesOf, type HandAttempt, HandExecutor, inputsOf } from "../support/hand-executor.ts";

const executor = new HandExecutor();
beforeAll(() => executor.install());
afterAll(() => executor.uninstall());

const C = 50;
const PYTHON = 71;

type View = Record<string, unknown> & { status: { id: number; description: string } };

const submit = async (client: Client, body: Record<string, unknown>, query = ""): Promise<string> => {
  const response = await client.post(`/submissions${query}`, body);
  const { token } = await response.json<{ token: string }>();
  expect([response.status, typeof token]).toEqual([201, "string"]);
  return token;
};

const started = async (body: Record<string, unknown>, query = "") => {
  const client = new Client();
  const token = await submit(client, body, query);
  return { client, token, attempt: await executor.of(token) };
};

const finish = (attempt: HandAttempt, verdict: string): Promise<void> =>
  attempt.finish({
    exitCode: verdict === "accepted" ? 0 : 1,
    judged: { verdict: verdict as "accepted", stoppedBy: null, finished: 1, accepted: 1 },
  });

const viewed = (client: Client, token: string, query = "?fields=*"): Promise<View> =>
  client.json<View>(`/submissions/${token}${query}`);

describe("a submission", () => {
  it("runs as one case with the limits that it names, and is shown with exactly the 35 members of *", async () => {
    const { client, token, attempt } = await started({
      source_code: "int main() {}",
      language_id: C,
      stdin: "1 2",
      expected_output: "3",
      compiler_options: "-O3 '-DNAME=a b'",
      command_line_arguments: 'one "two three" $HOME',
      cpu_time_limit: "2.5",
      memory_limit: 65_536,
      redirect_stderr_to_stdout: true,
    });
    const { request } = attempt;
    expect(request.language).toMatchObject({
      id: "c",
      compile: { flags: ["-O3", "-DNAME=a b"] },
      joinsStderr: true,
      stackBytes: null,
      processes: 60,
      fileBytes: 1_048_576,
    });
    expect(request.program).toMatchObject({ entrypoint: "main.c", args: ["one", "two three", "HOME"] });
    expect(await casesOf(request)).toMatchObject([
      { limits: { cpuMs: 3_500, timeoutMs: 10_000, memoryBytes: 65_536 * 1_024 }, compare: "trimmed" },
    ]);
    expect(await viewed(client, token)).toMatchObject({ status: { id: 2 }, time: null, memory: null });
    await attempt.judged(0, { stdout: "3\n", cpuSeconds: 0.0121, memoryPeakBytes: 2_048_000 });
    await finish(attempt, "accepted");
    const view = await viewed(client, token);
    expect(Object.keys(view)).toHaveLength(35);
    expect(view).toMatchObject({
      token,
      status: { id: 3, description: "Accepted" },
      status_id: 3,
      language: { id: C, name: "C (GCC 12.2.0)" },
      source_code: "int main() {}",
      stdin: "1 2",
      stdout: "3\n",
      stderr: null,
      compile_output: null,
      message: null,
      time: "0.012",
      memory: 2_000,
      exit_code: 0,
      exit_signal: null,
      cpu_time_limit: "2.5",
      cpu_extra_time: "1.0",
      number_of_runs: 1,
      enable_network: false,
    });
    for (const date of [view.created_at, view.finished_at])
      expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Object.keys(await viewed(client, token, ""))).toEqual([
      ...["token", "time", "memory", "stdout", "stderr", "compile_output", "message", "status"],
    ]);
  });

  it.each([
    [{ verdict: "wrong_answer" }, 4, null, 0, null],
    [
      { verdict: "time_limit", reason: "timeout_cpu", exitCode: null, signal: "SIGKILL" },
      5,
      "Time limit exceeded",
      null,
      null,
    ],
    [
      { verdict: "time_limit", reason: "timeout_wall", exitCode: null, signal: "SIGKILL" },
      5,
      "Time limit exceeded (wall clock)",
      null,
      null,
    ],
    [{ verdict: "accepted", cpuSeconds: 5.5 }, 5, "Time limit exceeded", null, null],
    [
      { verdict: "runtime_error", reason: "signal", exitCode: 139, signal: "SIGSEGV" },
      7,
      "Caught fatal signal 11",
      139,
      11,
    ],
    [
      { verdict: "output_limit", reason: "output_limit", exitCode: null, signal: "SIGKILL" },
      8,
      "Caught fatal signal 25",
      153,
      25,
    ],
    [
      { verdict: "runtime_error", reason: "signal", exitCode: 136, signal: "SIGFPE" },
      9,
      "Caught fatal signal 8",
      136,
      8,
    ],
    [
      { verdict: "runtime_error", reason: "signal", exitCode: 134, signal: "SIGABRT" },
      10,
      "Caught fatal signal 6",
      134,
      6,
    ],
    [{ verdict: "runtime_error", exitCode: 3 }, 11, "Exited with error status 3", 3, null],
    [
      { verdict: "memory_limit", reason: "memory", exitCode: null, signal: "SIGKILL" },
      11,
      "Exited with error status 137",
      137,
      null,
    ],
    [
      { verdict: "runtime_error", reason: "signal", exitCode: 143, signal: "SIGTERM" },
      12,
      "Caught fatal signal 15",
      143,
      15,
    ],
  ] as const)("that ends as %j has its status", async (result, id, message, exitCode, exitSignal) => {
    const { client, token, attempt } = await started({ source_code: "x", language_id: C });
    await attempt.judged(0, result);
    await finish(attempt, result.verdict);
    const view = await viewed(client, token);
    expect([view.status.id, view.message, view.exit_code, view.exit_signal]).toEqual([
      id,
      message,
      exitCode,
      exitSignal,
    ]);
  });

  it("that does not compile has the compiler's text alone", async () => {
    const { client, token, attempt } = await started({ source_code: "x", language_id: C });
    await attempt.compiled({ status: "error", exitCode: 1, output: "main.c:1: error\n" });
    await attempt.finish({ reason: "compile_error", exitCode: 1 });
    const view = await viewed(client, token);
    expect(view).toMatchObject({ status: { id: 6 }, compile_output: "main.c:1: error\n" });
    for (const name of [
      "stdout",
      "stderr",
      "time",
      "wall_time",
      "memory",
      "exit_code",
      "exit_signal",
      "message",
    ])
      expect([name, view[name]]).toEqual([name, null]);
  });

  it("speaks base64 with a line feed behind each 60 characters, and says where texts are none", async () => {
    const code = btoa("print('é')".replace("é", "\xc3\xa9"));
    const { client, token, attempt } = await started(
      { source_code: `${code.slice(0, 5)}\n ${code.slice(5)}`, language_id: PYTHON, stdin: btoa("\xff") },
      "?base64_encoded=true&wait=false",
    );
    expect(new TextDecoder().decode(await inputsOf(attempt.request))).toContain("print('é')");
    expect(attempt.request.program.entrypoint).toBe("script.py");
    await attempt.judged(0, { stdout: "x".repeat(50) });
    await finish(attempt, "accepted");
    const view = await viewed(client, token, "?base64_encoded=true&fields=stdin,stdout,stderr");
    expect(view).toEqual({
      stdin: `${btoa("\xff")}\n`,
      stdout: `${btoa("x".repeat(50)).slice(0, 60)}\n${btoa("x".repeat(50)).slice(60)}\n`,
      stderr: null,
    });
    const plain = await client.fetch(`/submissions/${token}?fields=stdin`);
    expect([plain.status, await plain.json()]).toEqual([
      400,
      {
        error:
          "some attributes for this submission cannot be converted to UTF-8, use base64_encoded=true query parameter",
      },
    ]);
  });

  it("is answered when it ends where it waits, with the members that were asked for", async () => {
    const client = new Client();
    const answer = client.post("/submissions?wait=true&fields=stdout,status", {
      source_code: "print(1)",
      language_id: PYTHON,
    });
    const attempt = await executor.next();
    await attempt.judged(0, { stdout: "1\n" });
    await finish(attempt, "accepted");
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([
      201,
      { stdout: "1\n", status: { id: 3, description: "Accepted" } },
    ]);
  });

  it("may come as a form, with numbers as texts, and by an address that ends in a slash", async () => {
    const client = new Client();
    const form = new URLSearchParams({
      source_code: "print(1)",
      language_id: "71",
      cpu_time_limit: "1",
      expected_output: "",
    });
    const response = await client.fetch("/submissions/?base64_encoded=false", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form.toString(),
    });
    expect(response.status).toBe(201);
    const { token } = await response.json<{ token: string }>();
    const attempt = await executor.of(token);
    expect((await casesOf(attempt.request))[0]).toMatchObject({ expected: "", limits: { cpuMs: 2_000 } });
    await finish(attempt, "accepted");
  });

  it("runs as often as it asks, and shows the mean", async () => {
    const { client, token, attempt } = await started({
      source_code: "1",
      language_id: PYTHON,
      number_of_runs: 2,
    });
    expect(await casesOf(attempt.request)).toHaveLength(2);
    await attempt.judged(0, { cpuSeconds: 0.01, memoryPeakBytes: 1_024_000 });
    await attempt.judged(1, { cpuSeconds: 0.03, memoryPeakBytes: 3_072_000 });
    await finish(attempt, "accepted");
    expect(await viewed(client, token)).toMatchObject({ time: "0.02", memory: 2_000 });
  });
});

describe("what does not fit", () => {
  it.each([
    [
      {},
      { language_id: ["can't be blank", "language with id  doesn't exist"], source_code: ["can't be blank"] },
    ],
    [{ source_code: "x", language_id: 150_000 }, { language_id: ["language with id 150000 doesn't exist"] }],
    [
      { source_code: "x", language_id: 4 },
      { language_id: ["language with id 4 is archived and cannot be used anymore"] },
    ],
    [{ source_code: "x", language_id: C, cpu_time_limit: "fast" }, { cpu_time_limit: ["is not a number"] }],
    [
      { source_code: "x", language_id: C, wall_time_limit: 21 },
      { wall_time_limit: ["must be less than or equal to 20.0"] },
    ],
    [
      { source_code: "x", language_id: C, memory_limit: 1 },
      { memory_limit: ["must be greater than or equal to 2048"] },
    ],
    [
      { source_code: "x", language_id: C, enable_network: true },
      { enable_network: ["enabling network is not allowed"] },
    ],
    [
      { source_code: "x", language_id: C, callback_url: "http://a.b" },
      { callback_url: ["setting callback is not allowed"] },
    ],
    [
      { source_code: "x", language_id: PYTHON, compiler_options: "-O2" },
      { compiler_options: ["setting compiler options is only allowed for compiled languages"] },
    ],
    [
      { source_code: "x", language_id: C, command_line_arguments: "a\0b" },
      { command_line_arguments: ["must not contain a NUL character"] },
    ],
    [
      { source_code: "x", language_id: C, compiler_options: "-g ".repeat(65) },
      { compiler_options: ["has too many options (maximum is 64)"] },
    ],
    [
      { source_code: "x", language_id: C, command_line_arguments: "x".repeat(513) },
      { command_line_arguments: ["is too long (maximum is 512 characters)"] },
    ],
    [
      { source_code: "x", language_id: C, additional_files: btoa("no zip") },
      { additional_files: ["is not a valid zip archive"] },
    ],
  ])("is refused: %j", async (body, errors) => {
    const client = new Client();
    const response = await client.post("/submissions", body);
    expect([response.status, await response.json()]).toEqual([422, errors]);
  });

  it("is refused in the door's own shape where it is malformed, unknown or nobody's", async () => {
    const client = new Client();
    const json = "application/json";
    const damaged: [string, BodyInit][] = [
      [json, "{"],
      [json, Buffer.from('{"source_code":"\xff","language_id":71}', "latin1")],
      [json, '{"source_code":"\\udc00","language_id":71}'],
      ["application/x-www-form-urlencoded", "source_code=%ff&language_id=71"],
    ];
    const packed = await client.fetch("/submissions", {
      method: "POST",
      body: "{}",
      headers: { "content-type": json, "content-encoding": "gzip" },
    });
    expect([packed.status, await packed.json()]).toEqual([415, expect.objectContaining({ status: 415 })]);
    for (const [type, body] of damaged) {
      const malformed = await client.fetch("/submissions", {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      expect([malformed.status, await malformed.json()]).toEqual([
        400,
        { status: 400, error: "Bad Request" },
      ]);
    }
    const fields = await client.fetch("/submissions/x?fields=a,token,b");
    expect([fields.status, await fields.json()]).toEqual([400, { error: "invalid fields: [a, b]" }]);
    for (const token of ["x", crypto.randomUUID()]) {
      const unknown = await client.fetch(`/submissions/${token}`);
      expect([unknown.status, await unknown.json()]).toEqual([404, { status: 404, error: "Not Found" }]);
    }
    expect((await client.fetch("/submissions")).status).toBe(403);
    expect((await client.fetch(`/submissions/${crypto.randomUUID()}`, { method: "DELETE" })).status).toBe(
      403,
    );
    expect((await client.fetch("/languages/999999")).status).toBe(404);
    expect((await client.fetch("/about", { method: "PUT" })).status).toBe(405);
  });
});

describe("a batch", () => {
  it("is taken as an object or a bare list, answers in order, and is polled by its tokens", async () => {
    const client = new Client();
    const good = { source_code: "print(1)", language_id: PYTHON };
    for (const body of [{ submissions: [good, { language_id: PYTHON }] }, [good, { language_id: PYTHON }]]) {
      const response = await client.post("/submissions/batch?base64_encoded=false", body);
      const answers = await response.json<[{ token: string }, Record<string, string[]>]>();
      expect(response.status).toBe(201);
      expect(answers[1]).toEqual({ source_code: ["can't be blank"] });
      const attempt = await executor.of(answers[0].token);
      await attempt.judged(0, { stdout: "1\n" });
      await finish(attempt, "accepted");
      const unknown = crypto.randomUUID();
      const tokens = encodeURIComponent(`${answers[0].token},${unknown}`);
      const polled = await client.json(`/submissions/batch?tokens=${tokens}&fields=status_id,stdout`);
      expect(polled).toEqual({ submissions: [{ status_id: 3, stdout: "1\n" }, null] });
    }
  });

  it("has at least one and at most 20 submissions, and one that fits", async () => {
    const client = new Client();
    const counts = [
      [0, "there should be at least one submission in a batch"],
      [21, "number of submissions in a batch should be less than or equal to 20"],
    ] as const;
    for (const [count, error] of counts) {
      const response = await client.post("/submissions/batch", {
        submissions: Array.from({ length: count }, () => ({})),
      });
      expect([response.status, await response.json()]).toEqual([400, { error }]);
    }
    expect((await client.post("/submissions/batch", { submissions: [{}] })).status).toBe(422);
    expect((await client.fetch("/submissions/batch")).status).toBe(400);
  });

  it("is taken whole or not at all where it meets the quota", async () => {
    const client = new Client();
    const good = { source_code: "print(1)", language_id: PYTHON };
    const batch = (count: number) =>
      client.post("/submissions/batch", { submissions: Array(count).fill(good) });
    expect((await batch(15)).status).toBe(201);
    const refused = await batch(10);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([
      429,
      expect.stringMatching(/^\d+$/),
    ]);
    expect(await refused.json()).toEqual({ error: expect.stringContaining("concurrent") });
    expect((await batch(5)).status).toBe(201);
  });
});

describe("what clients ask before they submit", () => {
  it("is what the original's own client needs: languages, all 39 keys, the version that it knows", async () => {
    const client = new Client();
    const languages = await client.json<{ id: number; name: string }[]>("/languages");
    expect(languages.map(({ id }) => id)).toEqual(expect.arrayContaining([48, 50, 54, 62, 63, 71, 72, 105]));
    expect(languages.find(({ id }) => id === 48)).toEqual({ id: 48, name: "C (GCC 12.2.0)" });
    const all = await client.json<{ id: number; is_archived: boolean }[]>("/languages/all");
    expect(all.find(({ id }) => id === 1)).toMatchObject({ is_archived: true });
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(await client.json("/languages/62")).toMatchObject({
      source_file: "Main.java",
      is_archived: false,
    });
    expect(Object.keys(await client.json("/config_info"))).toHaveLength(39);
    expect(await client.json("/about")).toMatchObject({ version: "1.13.1", implementation: "sandpiper" });
    expect(await client.json<unknown[]>("/statuses")).toHaveLength(14);
    expect(await (await client.fetch("/version")).text()).toBe("1.13.1");
    expect(await client.json("/workers")).toMatchObject([{ queue: "default", paused: 0, failed: 0 }]);
    expect(await client.json("/system_info")).toHaveProperty("Architecture");
    const told = await client.json<{ statuses: { status: { id: number } }[] }>("/statistics");
    expect(told).toHaveProperty("submissions.last_30_days");
    const ids = told.statuses.map(({ status }) => status.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect((await client.fetch("/authenticate?X-Auth-Token=x", { method: "POST" })).status).toBe(200);
    expect((await client.fetch("/authorize", { method: "POST" })).status).toBe(403);
  });
});
