import { setTimeout as delay } from "node:timers/promises";
import type { CallToolResult, Client } from "@modelcontextprotocol/client";
import { describe, expect, inject, test } from "vitest";
import { connectAgent, connectBridge, type Era, textOf } from "./support/agent.ts";
import { newAddress, rawFetch } from "./support/client.ts";
import { keyFor } from "./support/keys.ts";
import { marker, processesWith } from "./support/processes.ts";

const PLOT = `
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = zlib.compress(b"".join(b"\\0" + b"\\xff\\x00\\x00" * 4 for _ in range(4)))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0))
open("plot.png", "wb").write(png + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
open("notes.txt", "w").write("naïve\\n" * 20_000)
open("fake.jpg", "w").write("no picture")
open("raw.bin", "wb").write(bytes(range(256)))
print("made", file=sys.stderr)
`;

type Answer = CallToolResult & { readonly text: string; readonly run: Record<string, unknown> };

const callTool = async (
  client: Client,
  name: string,
  args: Record<string, unknown>,
  options = {},
): Promise<Answer> => {
  const result = (await client.callTool({ name, arguments: args }, options)) as CallToolResult;
  const run = { ...(result.structuredContent as Record<string, unknown> | undefined) };
  return { ...result, text: textOf(result.content), run };
};

const until = async (isTrue: () => boolean | Promise<boolean>): Promise<void> => {
  const deadlineMs = performance.now() + 15_000;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error("It did not come true within 15 s");
    await delay(50);
  }
};

describe.each<Era>(["legacy", "auto"])("an agent, protocol negotiation %s", (mode) => {
  test("finds the tools, runs a program and has its output in the answer", async () => {
    const client = await connectAgent(mode);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      "cancel_run",
      "get_run",
      "list_environments",
      "list_outputs",
      "read_log",
      "read_output",
      "run_code",
      "run_files",
    ]);
    const code = "import sys\nprint(sys.stdin.read() * 2)\nprint(sys.argv[1], file=sys.stderr)\nsys.exit(3)";
    const { text, run, isError } = await callTool(client, "run_code", { code, stdin: "ab", args: ["why"] });
    expect(isError ?? false).toBe(false);
    expect(run).toMatchObject({ status: "failed", exit_code: 3, stdout: "abab\n", stderr: "why\n" });
    expect(text).toMatch(/^job-[0-9a-f]{32} failed with exit code 3: /);
    expect(text).toContain("--- stdout ---\nabab\n--- stderr ---\nwhy");
    await client.close();
  });

  test("is told what a program prints while it runs", async () => {
    const client = await connectAgent(mode);
    const code = "import time\nfor n in range(3):\n    print('step', n, flush=True)\n    time.sleep(0.3)";
    const told: { message: string; atMs: number }[] = [];
    const onprogress = ({ message }: { message?: string | undefined }): void => {
      told.push({ message: message ?? "", atMs: performance.now() });
    };
    const { run } = await callTool(client, "run_code", { code }, { onprogress });
    const endMs = performance.now();
    const printed = told.filter(({ message }) => !message.startsWith("The run is"));
    expect(printed.map(({ message }) => message).join("")).toBe("step 0\nstep 1\nstep 2\n");
    expect(endMs - (printed[0]?.atMs ?? endMs)).toBeGreaterThan(400);
    expect(run).toMatchObject({ status: "completed", stdout: "step 0\nstep 1\nstep 2\n" });
    await client.close();
  });

  test("cancels a call, and with it the program", async () => {
    const client = await connectAgent(mode);
    const mark = marker();
    const abort = new AbortController();
    const code = `import time\n# ${mark}\nprint("begun")\ntime.sleep(60)`;
    let isPrinting = false;
    const onprogress = ({ message }: { message?: string | undefined }): void => {
      isPrinting ||= message?.includes("begun") === true;
    };
    const options = { signal: abort.signal, onprogress };
    const outcome = callTool(client, "run_code", { code, args: [mark] }, options).then(
      () => "answered",
      () => "cancelled",
    );
    await until(() => isPrinting && processesWith(mark) > 0);
    abort.abort();
    expect(await outcome).toBe("cancelled");
    await until(() => processesWith(mark) === 0);
    await client.close();
  });
});

describe("an agent", () => {
  test("runs a project and reads the files that it made, images as images", async () => {
    const client = await connectAgent();
    const files = [
      { path: "app/start.py", content: "from plot import *\nprint(open('app/in.bin', 'rb').read())" },
      { path: "app/plot.py", content: PLOT },
      { path: "app/in.bin", content: "AAH/", encoding: "base64" },
    ];
    const { run, text } = await callTool(client, "run_files", { files, entrypoint: "app/start.py" });
    expect(run).toMatchObject({ status: "completed", stdout: "b'\\x00\\x01\\xff'\n", stderr: "made\n" });
    expect(text).toContain("plot.png (");
    const id = run.job_id;
    const list = await callTool(client, "list_outputs", { job_id: id });
    const { files: made } = list.run as { files: { path: string; url: string }[] };
    expect(made.map(({ path }) => path).sort()).toEqual(["fake.jpg", "notes.txt", "plot.png", "raw.bin"]);
    const { content } = await callTool(client, "read_output", { job_id: id, path: "plot.png" });
    const [image] = content;
    expect(image).toMatchObject({ type: "image", mimeType: "image/png" });
    expect(image?.type === "image" && atob(image.data).slice(1, 4)).toBe("PNG");
    const first = await callTool(client, "read_output", { job_id: id, path: "notes.txt" });
    expect(first.text).toMatch(/^naïve\n/);
    const offset = Number(/offset=(\d+)/.exec(first.text)?.[1]);
    const second = await callTool(client, "read_output", { job_id: id, path: "notes.txt", offset });
    const [a, b] = [first.content[0], second.content[0]];
    const whole = (a?.type === "text" ? a.text : "") + (b?.type === "text" ? b.text : "");
    expect(whole.startsWith("naïve\n".repeat(10_000))).toBe(true);
    const fake = await callTool(client, "read_output", { job_id: id, path: "fake.jpg" });
    expect(fake.text).toBe("no picture");
    const raw = await callTool(client, "read_output", { job_id: id, path: "raw.bin" });
    expect(raw.content[0]).toMatchObject({ type: "resource", resource: { blob: expect.any(String) } });
    const none = await callTool(client, "read_output", { job_id: id, path: "no.txt" });
    expect([none.isError, none.text]).toEqual([true, expect.stringContaining("list_outputs")]);
    await client.close();
  });

  test("stops waiting, follows the log, and stops the run", async () => {
    const client = await connectAgent();
    const code = "import time\nprint('first', flush=True)\ntime.sleep(60)";
    const { run, text } = await callTool(client, "run_code", { code, wait_seconds: 2 });
    expect(run).toMatchObject({ status: "running", stdout: "first\n" });
    expect(text).toContain("get_run");
    const id = run.job_id;
    const log = await callTool(client, "read_log", { job_id: id });
    expect(log.run).toMatchObject({ status: "running", text: "first\n", more: false });
    const waiting = callTool(client, "get_run", { job_id: id, wait_seconds: 20 });
    const stopped = await callTool(client, "cancel_run", { job_id: id });
    expect(stopped.run).toMatchObject({ status: "failed", termination_reason: "cancelled" });
    expect((await waiting).run).toMatchObject({ status: "failed", stdout: "first\n" });
    await client.close();
  });

  test("is refused as on the other faces, with what to do about it", async () => {
    const address = newAddress();
    const client = await connectAgent("legacy", address);
    const misspelt = await callTool(client, "run_code", { code: "1", timeout_seconds: 5 });
    expect([misspelt.isError, misspelt.text]).toEqual([true, expect.stringMatching(/timeout/)]);
    const unknown = await callTool(client, "run_code", { code: "1", environment: "none-such" });
    expect([unknown.isError, unknown.text]).toEqual([true, expect.stringContaining("list_environments")]);
    const torn = [{ path: "main.py", content: "***", encoding: "base64" }];
    const decoded = await callTool(client, "run_files", { files: torn });
    expect([decoded.isError, decoded.text]).toEqual([true, "The content of main.py is not base64"]);
    const missing = await callTool(client, "run_code", {});
    expect([missing.isError, missing.text]).toEqual([true, expect.stringMatching(/code: .*string/)]);
    await expect(callTool(client, "walk", {})).rejects.toMatchObject({ code: -32_602 });
    const climbing = [{ path: "../x.py", content: "1" }];
    const { isError, text } = await callTool(client, "run_files", { files: climbing });
    expect([isError, text]).toEqual([true, expect.stringMatching(/\.\./)]);
    const slow = { code: "import time; time.sleep(30)", wait_seconds: 0 };
    const ids = [];
    for (let n = 0; n < 2; n += 1) ids.push((await callTool(client, "run_code", slow)).run.job_id);
    const third = await callTool(client, "run_code", slow);
    expect([third.isError, third.text]).toEqual([true, expect.stringMatching(/Rate limit.*in \d+ s/)]);
    const body = JSON.stringify({ code: "1" });
    const headers = { "cf-connecting-ip": address, "content-type": "application/json" };
    expect((await rawFetch("/submit", { method: "POST", headers, body })).status).toBe(429);
    for (const id of ids) await callTool(client, "cancel_run", { job_id: id });
    const lost = await callTool(client, "get_run", { job_id: `job-${"0".repeat(32)}` });
    expect([lost.isError, lost.text]).toEqual([true, expect.stringContaining("no such run")]);
    await client.close();
  });

  test("has a program judged by cases, and what they printed in the answer", async () => {
    const client = await connectAgent();
    const cases = [
      { stdin: "2", expected_output: "4" },
      { id: "zero", stdin: "0", expected_output: "1" },
    ];
    const told: string[] = [];
    const onprogress = ({ message = "" }: { message?: string | undefined }) => told.push(message);
    const code = "print(int(input()) * 2)";
    const { run, text } = await callTool(client, "run_code", { code, language: "py", cases }, { onprogress });
    expect(run).toMatchObject({
      status: "failed",
      verdict: "wrong_answer",
      cases: [
        { id: "0", verdict: "accepted", stdout: "4\n" },
        { id: "zero", verdict: "wrong_answer", stdout: "0\n" },
      ],
    });
    expect(text).toContain("Verdict: wrong_answer");
    expect(text).toContain("zero: wrong_answer\n0");
    expect(told).toContain("Case zero: wrong_answer");
    await client.close();
  });

  test("has the compiler's words apart, and its runs with its key's owner; another key is refused", async () => {
    const owner = `agent-${Date.now()}`;
    const key = await keyFor(inject("sandpiperUrl"), owner);
    const client = await connectAgent("legacy", newAddress(), { authorization: `Bearer ${key}` });
    const { languages } = (await callTool(client, "list_environments", {})).run as {
      languages: { id: string }[];
    };
    const isC = languages.some(({ id }) => id === "c");
    const broken = isC ? { code: "int main() { return x; }", language: "c" } : { code: "print(1)" };
    const { run, text } = await callTool(client, "run_code", broken);
    if (isC) {
      expect(run).toMatchObject({ termination_reason: "compile_error", stdout: "", stderr: "" });
      expect(text.split("undeclared (first use").length).toBe(2);
    } else expect(run).toMatchObject({ stdout: "1\n" });
    const listed = await rawFetch("/runs", { headers: { "x-api-key": key } });
    expect(await listed.json()).toMatchObject({ runs: [{ job_id: run.job_id }] });
    await client.close();
    const stranger = connectAgent("legacy", newAddress(), { authorization: "Bearer spk_nobody" });
    await expect(stranger).rejects.toThrow("not known here");
  });

  test("is shown the environments with their packages", async () => {
    const client = await connectAgent();
    const { run } = await callTool(client, "list_environments", {});
    const { environments, languages } = run as Record<string, { name: string; id: string }[]>;
    expect(environments?.map(({ name }) => name)).toContain("default");
    expect(languages?.map(({ id }) => id)).toContain("python");
    await client.close();
  });
});

describe.each<Era>(["legacy", "auto"])("an agent on the stdio bridge, protocol negotiation %s", (mode) => {
  test("has the service's tools, their progress, and its cancellations carried over", async () => {
    const client = await connectBridge(mode);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("read_output");
    let printed = "";
    const onprogress = ({ message = "" }: { message?: string | undefined }): void => {
      printed += message;
    };
    const { run } = await callTool(client, "run_code", { code: "print('over there')" }, { onprogress });
    expect(run).toMatchObject({ status: "completed", stdout: "over there\n" });
    expect(printed).toContain("over there");
    const missing = await callTool(client, "run_code", {});
    expect([missing.isError, missing.text]).toEqual([true, expect.stringMatching(/code: .*string/)]);
    await expect(callTool(client, "walk", {})).rejects.toMatchObject({ code: -32_602 });
    const mark = marker();
    const abort = new AbortController();
    const code = "import time\ntime.sleep(60)";
    const options = { signal: abort.signal };
    const outcome = callTool(client, "run_code", { code, args: [mark] }, options).catch(() => "cancelled");
    await until(() => processesWith(mark) > 0);
    abort.abort();
    expect(await outcome).toBe("cancelled");
    await until(() => processesWith(mark) === 0);
    await client.close();
  });
});

describe("the endpoint", () => {
  test.each(["GET", "DELETE", "PUT"])(
    "keeps no session to %s, and says so in its own shape",
    async (method) => {
      const response = await rawFetch("/mcp", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
      expect(await response.json()).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32_000 } });
    },
  );

  test("takes each revision of the protocol that there is, and no session of another server for its own", async () => {
    const post = (body: unknown, headers: Record<string, string> = {}) =>
      rawFetch("/mcp", {
        method: "POST",
        headers: {
          ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
          ...headers,
        },
        body: JSON.stringify(body),
      });
    for (const [asked, answered] of [
      ["2025-03-26", "2025-03-26"],
      ["2025-06-18", "2025-06-18"],
      ["1999-01-01", "2025-11-25"],
    ] as const) {
      const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: "x", version: "1" } };
      const greeting = await post({ jsonrpc: "2.0", id: 1, method: "initialize", params });
      expect(await greeting.text()).toContain(`"protocolVersion":"${answered}"`);
    }
    const list = { jsonrpc: "2.0", id: 2, method: "tools/list" };
    const foreign = await post(list, { "mcp-session-id": "of-another-server" });
    expect([foreign.status, foreign.headers.get("mcp-session-id")]).toEqual([200, null]);
    expect(await foreign.text()).toContain("run_code");
    const unknown = await post(list, { "mcp-protocol-version": "1999-01-01" });
    expect([unknown.status, await unknown.text()]).toEqual([400, expect.stringContaining("2025-06-18")]);
    expect((await post(list, { accept: "text/html" })).status).toBe(406);
  });

  test.each([
    ["{", 400],
    ["", 400],
    [`{"jsonrpc":"2.0","id":1,"method":"none/such"}`, 200],
  ])("answers the body %j with %i and an error of JSON-RPC", async (body, status) => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const response = await rawFetch("/mcp", { method: "POST", headers, body });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('"error":{"code":-32');
  });
});

test("llms.txt leads to addresses that answer", async () => {
  const response = await rawFetch("/llms.txt");
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const links = [...(await response.text()).matchAll(/\]\((\S+)\)/g)].map(([, link]) => link ?? "");
  expect(links.length).toBeGreaterThan(3);
  const answers = await Promise.all(links.map(async (link) => (await fetch(link)).status));
  expect(answers).toEqual(links.map(() => 200));
});
