import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { root } from "../../scripts/lib/local.ts";
import { runProgram } from "./support/installed.ts";
import { keyFor } from "./support/keys.ts";

const main = path.join(root, "src/cli/main.ts");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sandpiper-command-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const environment = () => ({
  SANDPIPER_URL: inject("sandpiperUrl"),
  SANDPIPER_CONFIG: path.join(folder, "none.json"),
  XDG_STATE_HOME: path.join(folder, "state"),
});

const sandpiper = (...args: string[]) =>
  runProgram(process.execPath, [main, ...args], { cwd: folder, env: environment() });

const shell = (line: string) =>
  runProgram("bash", ["-o", "pipefail", "-c", line], {
    cwd: folder,
    env: { ...environment(), SANDPIPER: `${process.execPath} ${main}` },
  });

const write = async (name: string, text: string): Promise<void> => {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), text);
};

describe("sandpiper", () => {
  test("runs a file with its arguments, each stream on its own, and ends as it does", async () => {
    await write("main.py", "import sys\nprint(sys.argv[1:])\nprint('bad', file=sys.stderr)\nsys.exit(7)\n");
    expect(await sandpiper("run", "main.py", "--", "-a", "b c")).toEqual({
      code: 7,
      stdout: "['-a', 'b c']\n",
      stderr: "bad\n",
    });
  });

  test("runs a folder and puts what it made where it is told to", async () => {
    await write("project/main.py", "open('made/x.txt', 'w').write(open('data/in.txt').read() + 'out')\n");
    await write("project/data/in.txt", "in ");
    await write("project/made/keep", "");
    const ran = await sandpiper("run", "project", "--out", "results");
    expect(ran).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await readFile(path.join(folder, "results/made/x.txt"), "utf8")).toBe("in out");
  });

  test("says why a program that did not end by itself was ended", async () => {
    await write("slow.py", "import time\ntime.sleep(30)\n");
    const ran = await sandpiper("run", "slow.py", "--timeout", "1");
    expect(ran).toMatchObject({ code: 124, stdout: "" });
    expect(ran.stderr).toMatch(/^sandpiper: timeout_wall/);
  });

  test("behaves in pipes, and prints JSON for scripts", async () => {
    await write("cat.py", "import sys\nfor line in sys.stdin: print(line.strip().upper())\n");
    expect(await shell("printf 'a\\nb\\n' | $SANDPIPER run cat.py --stdin | tail -1")).toMatchObject({
      code: 0,
      stdout: "B\n",
    });
    await write("many.py", "for n in range(100000): print(n)\n");
    expect(await shell("set +o pipefail; $SANDPIPER run many.py | head -1")).toEqual({
      code: 0,
      stdout: "0\n",
      stderr: "",
    });
    const json = await sandpiper("run", "main.py", "--json");
    expect(json).toMatchObject({ code: 7, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: "failed",
      exit_code: 7,
      stdout: "[]\n",
      stderr: "bad\n",
    });
  });

  test("follows, lists, downloads and cancels a run that was left running", async () => {
    await write(
      "steps.py",
      "import time\nfor n in range(3):\n    print(n, flush=True)\n    time.sleep(0.3)\nopen('a.txt', 'w').write('A')\n",
    );
    const id = (await sandpiper("run", "steps.py", "--detach")).stdout.trim();
    expect(await sandpiper("logs", "-f", id)).toEqual({ code: 0, stdout: "0\n1\n2\n", stderr: "" });
    expect(await sandpiper("logs", id)).toMatchObject({ code: 0, stdout: "0\n1\n2\n" });
    expect((await sandpiper("outputs", id)).stdout).toMatch(
      /^FILE +BYTES +SHA-256\na\.txt +1 +[0-9a-f]{64}\n$/,
    );
    expect(await sandpiper("download", id, "a.txt", "--out", "got/b.txt")).toMatchObject({ code: 0 });
    expect(await readFile(path.join(folder, "got/b.txt"), "utf8")).toBe("A");
    const listed = JSON.parse((await sandpiper("runs", "--json")).stdout);
    expect(listed).toContainEqual(expect.objectContaining({ id, program: "steps.py", status: "completed" }));
    expect((await stat(path.join(folder, "state/sandpiper/runs.json"))).mode & 0o777).toBe(0o600);

    const other = (await sandpiper("run", "slow.py", "--detach")).stdout.trim();
    expect(await sandpiper("cancel", other)).toMatchObject({ code: 0 });
    expect(await sandpiper("logs", "-f", other)).toMatchObject({ code: 130 });
    expect((await sandpiper("usage")).stdout).toContain("CPU seconds");
  });

  test("uploads to a workload, waits and writes its output", async () => {
    await write("data.txt", "hello\n".repeat(1000));
    const ran = await sandpiper("upload", "files/checksum/sha256", "data.txt", "--out", "sums", "--json");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const [output] = JSON.parse(ran.stdout).outputs;
    expect(await readFile(path.join(folder, "sums", output.name), "utf8")).toMatch(/[0-9a-f]{64}/);
  });

  test("says in one line what it could not do, and ends with 1", async () => {
    expect(await sandpiper("run", "missing.py")).toEqual({
      code: 1,
      stdout: "",
      stderr: "There is no missing.py.\n",
    });
    expect(await sandpiper("logs", `job-${"0".repeat(32)}`)).toEqual({
      code: 1,
      stdout: "",
      stderr: "Job not found\n",
    });
    const away = await sandpiper("usage", "--url", "http://127.0.0.1:9");
    expect(away).toMatchObject({ code: 1, stdout: "" });
    expect(away.stderr.split("\n")).toHaveLength(2);
  });

  test("does not begin what it could not end, and does not end what it has begun", async () => {
    await write("ignoring/main.py", "import os; print(os.listdir('.'))\n");
    await write("ignoring/.env", "SECRET=1\n");
    await write("ignoring/.gitignore", ".env\n/.gitignore\n");
    const ran = await shell("XDG_STATE_HOME=$PWD/ignoring/.env $SANDPIPER run ignoring");
    expect(ran).toMatchObject({ code: 0, stdout: "['main.py']\n" });
    expect(ran.stderr).toContain("sandpiper: 2 left out by .gitignore; --no-ignore sends everything\n");
    expect(ran.stderr).toContain("sandpiper: this run will not be in the list of runs: ");

    const refused = await sandpiper("run", "ignoring", "--out", "ignoring/.env");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/^Nothing can be written to ignoring\/\.env: .*\n$/);
    expect(await sandpiper("run", "ignoring", "--timeout", "soon")).toMatchObject({ code: 2, stdout: "" });
  });

  test("completes its commands and their flags in a shell", async () => {
    await write("complete.bash", (await sandpiper("completion", "bash")).stdout);
    const completed = (words: string) =>
      shell(
        `source complete.bash; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _sandpiper; echo \${COMPREPLY[*]}`,
      );
    expect((await completed("sandpiper log")).stdout).toBe("logs\n");
    expect((await completed("sandpiper run --tim")).stdout).toBe("--timeout\n");
    expect((await sandpiper("completion", "zsh")).stdout).toMatch(/^#compdef sandpiper/);
    expect((await sandpiper("completion", "fish")).stdout).toContain("complete -c sandpiper");
  });

  test("lists, repeats and sums up the runs of a key's owner, wherever they came from", async () => {
    const owner = `command-${Date.now()}`;
    const key = await keyFor(inject("sandpiperUrl"), owner);
    await write("three.py", "raise SystemExit(3)\n");
    expect(await sandpiper("run", "three.py", "--key", key)).toMatchObject({ code: 3 });
    const [first] = JSON.parse((await sandpiper("runs", "--key", key, "--json")).stdout);
    expect(first).toMatchObject({ status: "failed", exit_code: 3, entrypoint: "three.py" });
    const again = (await sandpiper("repeat", first.job_id, "--key", key)).stdout.trim();
    expect(await sandpiper("logs", "-f", again, "--key", key)).toMatchObject({ code: 3 });
    const table = (await sandpiper("runs", "--key", key, "--status", "failed", "--limit", "1")).stdout;
    expect(table).toMatch(new RegExp(`^RUN .*\n${again} +failed +3 .*three.py \\(python3\\)\n$`));
    const used = (await sandpiper("usage", "--key", key)).stdout;
    expect(used).toContain(`${owner}, quota class default`);
    expect(used).toMatch(/this month \(UTC\) +2 jobs/);
    expect(await sandpiper("runs", "--key", "spk_nobody", "--json")).toMatchObject({ code: 1, stdout: "" });
  });
});
