import { describe, expect, it } from "vitest";
import { runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

const MIB = 1024 * 1024;

describe.each(levels)("at $name, a program", ({ options }) => {
  const { executor, worker } = withExecutor(options);
  const python = (source: string, memoryBytes = 512 * MIB) =>
    runJob(executor(), worker(), source, { limits: { memoryBytes } });
  const node = (source: string, memoryBytes = 512 * MIB) =>
    runJob(executor(), worker(), source, { interpreter: "node", limits: { memoryBytes } });

  it("finds out who it is", async () => {
    const { stdout, stderr } = await python(`
import getpass, grp, os, pwd, subprocess
print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name, os.path.expanduser("~"))
print(subprocess.run("whoami; id -un; tput cols; date +%Z", shell=True, capture_output=True, text=True, check=True).stdout)
`);
    expect([stdout, stderr]).toEqual(["sandbox sandbox sandbox /tmp\nsandbox\nsandbox\n80\nUTC\n\n", ""]);
    const { stdout: seen } = await node(
      "console.log(require('os').userInfo().username)".replace("require('os')", "(await import('os'))"),
    );
    expect(seen).toBe("sandbox\n");
  });

  it.each([
    ["none of its client's", {}],
    ["plain ones", { GREETING: 'h\u00e9llo $(id) \\n "x"\n', EMPTY: "", PATH_2: "*" }],
    ["names of the launching shell's own", { s: "1", i: "2", rc: "3", plain: "4", begin: "5", _: "7" }],
    [
      "names that mean something to a shell",
      { IFS: "x", UID: "0", BASH_ENV: "/x", SECONDS: "9", LC_ALL: "C", PWD: "/" },
    ],
  ])("finds exactly its variables in its environment: %s", async (_which, env) => {
    const source = "import json, os; print(json.dumps(dict(os.environ)))";
    const seenWith = async (variables: Record<string, string>): Promise<Record<string, string>> =>
      JSON.parse((await runJob(executor(), worker(), source, { env: variables })).stdout);
    // A name in small letters has the environment made by a command of its own.
    const { byEnv: _byEnv, ...usual } = await seenWith({ byEnv: "" });
    expect(await seenWith(env)).toEqual({ ...usual, ...env });
  });

  it("looks up names of hosts, services and protocols at once", async () => {
    const { stdout, finished } = await python(`
import socket
print(socket.gethostbyname("localhost"), socket.getservbyname("https"), socket.getprotobyname("tcp"), socket.gethostbyname(socket.gethostname()))
try: socket.getaddrinfo("registry.example.org", 443)
except socket.gaierror as error: print(error.errno == socket.EAI_NONAME)
`);
    expect(stdout).toBe("127.0.0.1 443 6 127.0.0.1\nTrue\n");
    expect(finished.wallTimeMs).toBeLessThan(5_000);
    const { stdout: seen } = await node(`
import dns from "node:dns"; import http from "node:http";
dns.lookup("registry.example.org", (error) => console.log(error.code));
const server = http.createServer((_, r) => r.end("served"));
server.listen(0, "localhost", async () => {
  console.log(await (await fetch("http://localhost:" + server.address().port)).text());
  server.close();
});
`);
    expect(seen.split("\n").toSorted()).toEqual(["", "ENOTFOUND", "served"]);
  });

  it("has installers told that trying again is no use, whatever starts them", async () => {
    const { stdout } = await runJob(
      executor(),
      worker(),
      "sh -c 'echo $NPM_CONFIG_FETCH_RETRIES $PIP_RETRIES'; (set -m; sh -c 'exit 3'); echo $?",
      { interpreter: "bash" },
    );
    expect(stdout).toBe("0 0\n3\n");
  });

  it("may have 100 threads and 300 open files", async () => {
    const { stdout, stderr } = await python(`
import threading, time
threads = [threading.Thread(target=time.sleep, args=(0.2,)) for _ in range(100)]
for thread in threads: thread.start()
for thread in threads: thread.join()
files = [open(f"/tmp/{n}", "w") for n in range(300)]
print(len(files))
`);
    expect([stdout, stderr]).toEqual(["300\n", ""]);
  });

  it("leaves what it keeps at home, and byte code, out of its outputs", async () => {
    const { finished } = await runJob(
      executor(),
      worker(),
      "mkdir -p ~/.cache ~/.npm; echo x >~/.cache/x; echo y >~/.npm/y; echo 'a = 1' >lib.py; python -c 'import lib; print(lib.a)'",
      { interpreter: "bash" },
    );
    expect(finished.outputs.map(({ path }) => path)).toEqual(["lib.py"]);
  });

  it("shows what a Python that a script starts prints at once", async () => {
    const { stdout } = await runJob(
      executor(),
      worker(),
      "timeout 1 python3 -c 'import time; print(1); time.sleep(9)'; true",
      {
        interpreter: "bash",
      },
    );
    expect(stdout).toBe("1\n");
  });

  it.each([64, 128])("in Node lives with little memory when it keeps little: %i MiB", async (memoryMib) => {
    const source = `
let kept = null;
for (let round = 0; round < 400; round += 1) kept = Array.from({ length: 10_000 }, (_, i) => ({ i, round }));
console.log(kept.length);
`;
    const { stdout, finished } = await node(source, memoryMib * MIB);
    expect([stdout, finished.reason]).toEqual(["10000\n", "exit"]);
  });
});

describe.each(levels)("at $name, a program may", ({ options }) => {
  const { executor, worker } = withExecutor(options);

  it("make pipes with names, plain files and sockets as nodes", async () => {
    const { stdout, stderr } = await runJob(
      executor(),
      worker(),
      `mkfifo /tmp/p; (echo through >/tmp/p &); cat /tmp/p
python3 -c 'import os, stat; os.mknod("/tmp/f", 0o644 | stat.S_IFREG); os.mknod("/tmp/s", 0o644 | stat.S_IFSOCK); print("made")'`,
      { interpreter: "bash" },
    );
    expect([stdout, stderr]).toEqual(["through\nmade\n", ""]);
  });

  it("list its network's interfaces", async () => {
    const node = await runJob(
      executor(),
      worker(),
      `import os from "node:os"; console.log(Object.keys(os.networkInterfaces()));`,
      { interpreter: "node" },
    );
    expect([node.stdout, node.stderr]).toEqual(["[ 'lo' ]\n", ""]);
    const python = await runJob(executor(), worker(), "import socket; print(socket.if_nameindex())");
    expect(python.stdout).toBe("[(1, 'lo')]\n");
  });

  it("have both streams in one, in the exact order", async () => {
    const source = `
import os
for n in range(2000): os.write(1 + n % 2, b"%d\\n" % n)
`;
    const { stdout, stderr } = await runJob(executor(), worker(), source, {
      program: { mergesOutput: true },
    });
    expect(stdout).toBe(Array.from({ length: 2000 }, (_, n) => `${n}\n`).join(""));
    expect(stderr).toBe("");
  });

  it("have 9,000 files of 8,200 bytes, which are within the limits", async () => {
    const source = `
for n in range(9000): open(f"f{n}", "wb").write(b"x" * 8200)
print("fits")
`;
    const { stdout, stderr } = await runJob(executor(), worker(), source);
    expect([stdout, stderr]).toEqual(["fits\n", ""]);
  });
});
