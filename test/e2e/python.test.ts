import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { runProgram } from "./support/installed.ts";
import { keyFor } from "./support/keys.ts";

const PYTHON = "/usr/bin/python3";
let folder: string;

const pip = async (args: readonly string[]): Promise<void> => {
  const common = ["-m", "pip", "--disable-pip-version-check", "--no-input"];
  const done = await runProgram(PYTHON, [...common, ...args], { cwd: folder });
  if (done.code !== 0) throw new Error(`pip ${args.join(" ")} failed.\n${done.stdout}${done.stderr}`);
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sandpiper-python-"));
  // Setuptools builds beside the source.
  const source = path.join(folder, "source");
  await cp(path.join(root, "src/clients/python"), source, { recursive: true });
  await pip(["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", "wheels", source]);
  const [wheel = ""] = await readdir(path.join(folder, "wheels"));
  await pip(["install", "--no-index", "--target", "installed", path.join("wheels", wheel)]);
  await rm(source, { recursive: true });
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const python = (args: readonly string[], url = inject("sandpiperUrl")) =>
  runProgram(PYTHON, ["-W", "error", ...args], {
    cwd: folder,
    env: { SANDPIPER_URL: url, PYTHONPATH: path.join(folder, "installed"), PYTHONDONTWRITEBYTECODE: "1" },
  });

const example = (name: string) => python([path.join(root, "docs/examples/python", name)]);

/** Passes requests on, and cuts each stream of events behind its first record. */
const cuttingProxy = async (): Promise<{ readonly server: Server; readonly cuts: () => number }> => {
  let cuts = 0;
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const { host: _host, connection: _connection, ...headers } = request.headers;
    const answer = await fetch(`${inject("sandpiperUrl")}${request.url}`, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      ...body,
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    for await (const part of answer.body ?? []) {
      response.write(part);
      if (!Buffer.from(part).includes("event: log")) continue;
      cuts += 1;
      setTimeout(() => response.destroy(), 20);
      return;
    }
    response.end();
  };
  const server = createServer((request, response) => {
    pass(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, cuts: () => cuts };
};

describe("the Python client, installed from its wheel", () => {
  test("runs a program and answers what it printed and made", async () => {
    expect(await example("run.py")).toMatchObject({
      stderr: "",
      stdout: "0 hello oops ['made.txt']\nmade\n",
    });
  });

  test("submits a folder, follows its log and downloads what it made", async () => {
    expect(await example("project.py")).toMatchObject({
      stderr: "",
      stdout: "1 stdout Oslo\n2 stdout Lima\ncompleted ['done.txt']\ndone\n",
    });
  });

  test("uploads to a workload with progress and reads its output", async () => {
    expect(await example("workload.py")).toMatchObject({
      stderr: "",
      stdout: expect.stringMatching(/^succeeded True 100\n\S+/),
    });
  });

  test("registers, works on and lists typed jobs", async () => {
    expect(await example("typed_jobs.py")).toMatchObject({
      stderr: "",
      stdout: "422 invalid_request ['image_url']\ncompleted ['low resolution'] a dog\nTrue\n",
    });
  });

  test("goes on behind the last record when a log is cut", async () => {
    const { server, cuts } = await cuttingProxy();
    const program = `
import os
from sandpiper import Client
client = Client(os.environ["SANDPIPER_URL"])
code = "import sys, time\\nfor n in range(4):\\n    sys.stdout.write(f'{n}\\\\n')\\n    time.sleep(0.4)"
print([(record.seq, record.data) for record in client.logs(client.submit(code))])
`;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await python(["-c", program], url)).toMatchObject({
      stderr: "",
      stdout: "[(1, '0\\n'), (2, '1\\n'), (3, '2\\n'), (4, '3\\n')]\n",
    });
    expect(cuts()).toBeGreaterThan(1);
    server.closeAllConnections();
    server.close();
  });

  test("cancels, and tells what was refused, unknown or out of time by its code", async () => {
    const program = `
import os
from sandpiper import Client, SandpiperError
client = Client(os.environ["SANDPIPER_URL"])
def code_of(call):
    try:
        call()
    except SandpiperError as error:
        return error.status, error.code
id = client.submit(files={"main.py": "import time\\ntime.sleep(60)"})
print(code_of(lambda: client.wait(id, 0.2)))
client.cancel(id)
print(client.wait(id)["termination_reason"])
print(code_of(lambda: client.status("job-" + "0" * 32)))
print(code_of(lambda: list(client.logs("job-" + "0" * 32))))
print(code_of(lambda: client.submit("", timeout="x")))
print(code_of(lambda: Client("http://127.0.0.1:9").status("x")))
`;
    expect(await python(["-c", program])).toMatchObject({
      stderr: "",
      stdout: [
        "(0, 'timed_out')",
        "cancelled",
        "(404, 'job_not_found')",
        "(404, 'job_not_found')",
        "(400, 'invalid_manifest')",
        "(0, 'unreachable')",
        "",
      ].join("\n"),
    });
  });

  test("lists, repeats and sums up the runs of a key's owner", async () => {
    const url = inject("sandpiperUrl");
    const key = await keyFor(url, `python-${Date.now()}`);
    const program = `
import sys
from sandpiper import Client
client = Client(sys.argv[1], key=sys.argv[2])
first = client.submit("print(1)")
client.wait(first)
again = client.repeat(first)
client.wait(again)
print([run["job_id"] for run in client.runs()] == [again, first])
print([run["status"] for run in client.runs(status="failed", since="2020-01-01T00:00:00Z")])
print(client.usage()["month"]["jobs"])
`;
    expect(await python(["-c", program, url, key])).toMatchObject({ stderr: "", stdout: "True\n[]\n2\n" });
  });
});
