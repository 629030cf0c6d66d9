import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { collectOutputs, createSpool } from "../../executor/collect.ts";
import { ORDINARY_UID } from "./support/executor-process.ts";
import { makeRequest, resultOf, runJob, send } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";
import { makeTar } from "./support/tar.ts";

const asRoot = process.getuid?.() === 0;

interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly state: string;
  readonly command: string;
}

const readProcess = (pid: string): Process | null => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    return { pid: Number(pid), uid, state: /^State:\s+(\w)/m.exec(status)?.[1] ?? "", command };
  } catch {
    return null; // it ended meanwhile
  }
};

const processes = (): readonly Process[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readProcess)
    .filter((found) => found !== null);

describe.each(levels)("at $name", ({ level, options }) => {
  const { executor, worker } = withExecutor({
    ...options,
    env: { ...options.env, SOMEBODYS_SECRET: "do-not-tell" },
    // Two descriptors that an ordinary start hands down: a file of the machine, and a pipe.
    through: "exec 9</etc/hosts 251> >(cat >/dev/null)",
  });

  it("1: a job is nobody on the machine, and cannot write the machine's settings", async () => {
    const mark = `trap-${process.pid}-${level}`;
    const attempt = worker().open();
    const source = `
import sys, time
for path in ("kernel/core_pattern", "vm/overcommit_memory"):
    try:
        value = open("/proc/sys/" + path).read()
        open("/proc/sys/" + path, "w").write(value)
        print("wrote", path)
    except OSError as error: print(error.errno)
sys.stdout.flush()
time.sleep(30)
`;
    await send(executor(), makeRequest(attempt, source, { args: [mark] }));
    const isUp = (): boolean => attempt.events.some(({ type }) => type === "log");
    await expect.poll(isUp, { timeout: 10_000 }).toBe(true);
    const own = processes().filter(({ command }) => command.includes(mark) && command.includes("main.py"));
    const settings = own.map(({ pid }) =>
      readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes("/proc/sys ro"),
    );
    executor().seat.cancel(attempt.id);
    const { stdout } = await resultOf(attempt);
    expect(own.length).toBeGreaterThan(0);
    for (const { uid } of own) {
      if (level === 1) expect(uid).toBeGreaterThan(60_000);
      else expect(uid).toBe(asRoot ? ORDINARY_UID : process.getuid?.());
    }
    expect(settings).toEqual(settings.map(() => true));
    expect(stdout).toMatch(/^(30|13)\n(30|13)\n$/); // EROFS, or EACCES where an id already forbids it
  });

  it("2: a job finds nothing of the executor's environment, wherever it looks", async () => {
    const source = "cat /proc/*/environ | tr '\\0' '\\n'; env";
    const { stdout } = await runJob(executor(), worker(), source, { interpreter: "bash" });
    expect(stdout).toContain("PATH=");
    for (const hidden of ["do-not-tell", "EXECUTOR_", "SOMEBODYS", "TMPDIR"])
      expect(stdout).not.toContain(hidden);
  });

  it("3: jobs leave no zombies, and nothing that counts against the next one", async () => {
    const isOfJobs = (uid: number): boolean => uid > 60_000 || uid === ORDINARY_UID || !asRoot;
    const zombies = (): number =>
      processes().filter(({ state, uid }) => state === "Z" && isOfJobs(uid)).length;
    const before = zombies();
    for (let round = 0; round < 12; round += 1) {
      const { finished } = await runJob(executor(), worker(), "sleep 0.01 & :", { interpreter: "bash" });
      expect(finished.reason).toBe("exit");
    }
    await expect.poll(zombies, { timeout: 400 }).toBeLessThanOrEqual(before);
  });

  it("4: every place that a job can write to has a size", async () => {
    const source = `
import os
for line in open("/proc/mounts"):
    device, path, kind, options = line.split()[:4]
    if kind == "tmpfs" and options.split(",")[0] == "rw": print(path, os.statvfs(path).f_blocks * os.statvfs(path).f_frsize)
for path in ("/", "/dev", "/etc", "/opt"):
    try:
        open(path + "/fill", "w").write("x")
        print("wrote", path)
    except OSError: pass
`;
    const { stdout } = await runJob(executor(), worker(), source);
    const MIB = 1024 * 1024;
    const [, jobBytes = "0"] = /^\/job (\d+)$/m.exec(stdout) ?? [];
    expect(stdout).toBe(`/dev/shm ${64 * MIB}\n/job ${jobBytes}\n/tmp ${64 * MIB}\n`);
    // Room for what 100 MiB of small files take in pages, and no more.
    expect(Number(jobBytes)).toBeGreaterThanOrEqual(100 * MIB);
    expect(Number(jobBytes)).toBeLessThanOrEqual(140 * MIB);
  });

  it("5: sockets that ignore the network namespace cannot be opened", async () => {
    const source = `
import socket
for family in (17, 38, 40):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind)
            print("opened", family)
        except OSError as error: print(error.errno)
for protocol in range(1, 32):
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        print("opened netlink", protocol)
    except OSError as error: print(error.errno)
# Only the sandbox's own interfaces are told of.
print([name for _, name in socket.if_nameindex()])
`;
    const { stdout } = await runJob(executor(), worker(), source);
    // EAFNOSUPPORT and EPROTONOSUPPORT: refused by the filter, not by what the kernel lacks.
    expect(stdout).toBe(`${"97\n".repeat(9)}${"93\n".repeat(31)}['lo']\n`);
  });

  it("7: a job has the descriptors 0, 1 and 2, and no other", async () => {
    const source =
      "import os\nprint([fd for fd in range(1024) if os.path.lexists(f'/proc/self/fd/{fd}')][:-1] or 'none')";
    const listing = "ls /proc/$$/fd";
    const python = await runJob(executor(), worker(), source);
    expect(python.stdout).toMatch(/^\[0, 1, 2\]\n|^\[0, 1\]\n/);
    const bash = await runJob(executor(), worker(), listing, { interpreter: "sh" });
    expect(bash.stdout).toMatch(/^0\n1\n(10\n)?2\n$/); // dash holds its script on 10
    const parents = readdirSync(`/proc/${executor().child.pid}/fd`)
      .map((fd) => `/proc/${executor().child.pid}/fd/${fd}`)
      .filter((path) => existsSync(path) && readlinkSync(path) === "/etc/hosts");
    expect(parents).toEqual([]);
  });
});

describe("6: an output archive that breaks off", () => {
  const limits = {
    timeoutMs: 1,
    cpuMs: 1,
    memoryBytes: 1,
    workspaceBytes: 1_000_000,
    outputBytesPerStream: 1,
    outputFiles: 10,
    outputFileBytes: 1_000_000,
    outputTotalBytes: 1_000_000,
  };
  const whole = makeTar([
    { name: "a", content: "x".repeat(600) },
    { name: "b", content: "y".repeat(100_000) },
  ]);
  const collect = async (bytes: Buffer, error?: Error) => {
    const source = new Readable({ read: () => undefined });
    source.push(bytes);
    if (error === undefined) source.push(null);
    else setTimeout(() => source.destroy(error), 10);
    const spool = createSpool();
    const collection = await collectOutputs(source, { limits, inputs: () => new Map(), root: "." }, spool);
    await spool.clear();
    return { paths: collection.outputs.map(({ file }) => file.path), dropped: collection.dropped };
  };

  it.each([1, 300, 512, 700, 1_700, 2_048, 2_300, 50_000])(
    "after %i bytes costs outputs only",
    async (length) => {
      const { paths, dropped } = await collect(whole.subarray(0, length));
      expect(["", "a"]).toContain(paths.join());
      expect(dropped).toBeLessThanOrEqual(1);
    },
  );

  it("with an error of the stream costs outputs only", async () => {
    const { paths } = await collect(whole.subarray(0, 50_000), new Error("broken"));
    expect(paths).toEqual(["a"]);
  });

  it("is read whole when it is whole", async () => {
    expect(await collect(whole)).toEqual({ paths: ["a", "b"], dropped: 0 });
  });
});
