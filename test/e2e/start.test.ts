import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { startTicksOf } from "../../scripts/lib/process-stat.ts";
import { newClient } from "./support/client.ts";
import { marker, processesWith } from "./support/processes.ts";
import { type Server, startServer } from "./support/server.ts";

const isAlive = (pid: number): boolean => startTicksOf(pid) !== null;

const runStart = async (args: readonly string[]) => {
  const child = spawn("npm", ["--silent", "start", "--", ...args], { cwd: root });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
};

const eventually = async <T>(look: () => Promise<T | null>): Promise<T> => {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = await look();
    if (found !== null) return found;
    await delay(50);
  }
  throw new Error("it did not happen within 20 s");
};

const submit = async (url: string, code: string): Promise<string> => {
  const response = await fetch(`${url}/submit`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code, interpreter: "bash" }),
  });
  const { job_id } = (await response.json()) as { job_id: string };
  return job_id;
};

const stdoutOf = async (url: string, id: string): Promise<string> => {
  const response = await fetch(`${url}/logs/${id}`, { headers: { accept: "application/json" } });
  return ((await response.json()) as { stdout: string }).stdout;
};

const completed = (url: string, id: string): Promise<true> =>
  eventually(async () => {
    const response = await fetch(`${url}/status/${id}`);
    const { status } = (await response.json()) as { status: string };
    return status === "completed" ? true : null;
  });

describe("npm start", () => {
  test("says in one line which port is taken", async () => {
    const port = new URL(inject("sandpiperUrl")).port;
    const { code, stderr } = await runStart(["--port", port, "--state", "/nonexistent"]);
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      `Port ${port} is in use: stop what listens there, or choose another with --port.`,
    );
  });

  test("refuses to run twice on one state", async () => {
    const { code, stderr } = await runStart(["--state", inject("stateDir")]);
    expect(code).toBe(1);
    expect(stderr).toContain(`Sandpiper already runs at ${inject("sandpiperUrl")}`);
  });

  test("says at once, by its name, which variable is wrong", async () => {
    const args = [
      "--port",
      String(await freePort()),
      "--state",
      await mkdtemp(path.join(tmpdir(), "start-")),
    ];
    const { code, stderr } = await runStart([...args, "--var", "OPERATOR_TOKEN:short"]);
    expect(code).toBe(1);
    expect(stderr).toContain("OPERATOR_TOKEN must be one token or two, of 16 characters or more each");
    await rm(args[3] ?? "", { recursive: true, force: true });
  });

  test("names an option that it does not know", async () => {
    const { code, stderr } = await runStart(["--prot", "1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--prot");
  });

  test("says in its first lines what is open, and how to close it", () => {
    const [first, second] = inject("startOutput")
      .split("\n")
      .filter((line) => line.startsWith("Access") || line.startsWith("  Close"));
    expect(first).toContain("ACCESS=open");
    expect(second).toContain("--var ACCESS:keys");
  });

  test("keeps its key from other users", async () => {
    const { mode } = await stat(path.join(inject("stateDir"), "executor", "executor-key.pem"));
    expect(mode & 0o777).toBe(0o600);
  });
});

describe("a Sandpiper of its own", () => {
  let stateDir: string;
  let server: Server;
  let jobId: string;

  beforeAll(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), "sandpiper-start-"));
    server = await startServer({ stateDir });
    jobId = await submit(server.url, "echo kept");
    await completed(server.url, jobId);
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    await rm(stateDir, { recursive: true, force: true });
  }, 60_000);

  test("starts its executor again when that is killed, and runs what it was running once more", async () => {
    const client = newClient({ baseUrl: server.url });
    const mark = marker();
    const { job_id: id } = await client.submit({
      code: "import time\nprint('begun', flush=True)\ntime.sleep(3)\nprint('done')",
      args: [mark],
    });
    await client.logs(id).next();
    const { executorPid } = await server.running();
    process.kill(executorPid, "SIGKILL");
    await eventually(async () => (processesWith(mark) > 0 ? null : true));
    await eventually(async () => ((await server.running()).executorPid === executorPid ? null : true));
    await completed(server.url, await submit(server.url, "echo again"));
    expect(server.output()).toContain("ended with signal SIGKILL; starting it again");

    const report = await client.wait(id, { timeoutMs: 50_000 });
    expect(report).toMatchObject({ status: "completed", exit_code: 0, attempts: 2 });
    expect(await client.text(id)).toBe("begun\ndone\n");
  });

  test("leaves no process behind when it is killed outright", async () => {
    const { pid, executorPid } = await server.running();
    process.kill(pid, "SIGKILL");
    await eventually(async () => (isAlive(pid) || isAlive(executorPid) ? null : true));
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  test("comes back with the jobs of before", async () => {
    server = await startServer({ stateDir });
    expect(await stdoutOf(server.url, jobId)).toBe("kept\n");
  });

  test("ends everything on one Ctrl-C", async () => {
    const { pid, executorPid } = await server.running();
    await server.stop("SIGINT");
    expect([pid, executorPid].filter(isAlive)).toEqual([]);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });
});
