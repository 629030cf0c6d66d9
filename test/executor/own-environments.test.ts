import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  environments,
  type Index,
  locked,
  serveArchives,
  sha256,
  tarGz,
  wheel,
} from "../support/package-indexes.ts";
import { startExecutor } from "./support/executor-process.ts";
import { startFakeWorker } from "./support/fake-worker.ts";
import { runJob } from "./support/jobs.ts";

const greeter = "def main():\n    print('hello from a script')\n";
const scripts = "greeter-1.0.dist-info/entry_points.txt";
let work: string;
let index: Index;
const built = (): string => join(work, "built");
/** No index is at the address that pip's settings name. */
const command = (...args: readonly string[]) => environments(args, { folder: built() });

/** Kills its process at the moment when a folder was renamed. */
const KILL_AFTER = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const rename = fs.renameSync;
  fs.renameSync = (from, to) => {
    rename(from, to);
    if (from === process.env.KILL_AFTER_RENAMING) process.kill(process.pid, "SIGKILL");
  };
  syncBuiltinESMExports();
`;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "sandpiper-own-"));
  // Jobs of other users read what is built.
  chmodSync(work, 0o755);
  mkdirSync(built());
  const python = wheel(work, "greeter", [
    ["greeter.py", greeter],
    [scripts, "[console_scripts]\ngreet = greeter:main\n"],
  ]);
  const install = `node -e "require('fs').writeFileSync('${work}/touched', '')"`;
  const manifest = JSON.stringify({
    name: "shout",
    version: "2.1.0",
    exports: "./index.mjs",
    scripts: { install },
  });
  const node = await tarGz("shout-2.1.0.tgz", [
    ["package/package.json", manifest],
    ["package/index.mjs", "export default (text) => text.toUpperCase();\n"],
  ]);
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const stable = wheel(work, "stable", [["stable.py", "name = 'stable'\n"]], {
    tag: `cp37-abi3-manylinux2014_${machine}`,
  });
  const yanked = { ...wheel(work, "gone", [["gone.py", ""]]), said: 'data-yanked="it loses data"' };
  index = await serveArchives([python, stable, yanked, node]);
  const pinned = [
    `greeter==1.0 \\\n  --hash=sha256:${sha256(python)}`,
    `stable==1.0 --hash=sha256:${sha256(stable)}`,
    `gone==1.0 --hash=sha256:${sha256(yanked)}`,
  ];
  writeFileSync(
    join(work, "requirements.txt"),
    [`--index-url ${index.url}/simple/`, ...pinned, ""].join("\n"),
  );
  const packages = {
    "": { dependencies: { shout: "^2.0.0" } },
    "node_modules/shout": { ...locked("2.1.0", node, index.url), hasInstallScript: true },
  };
  const lock = { name: "own", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(work, "package-lock.json"), JSON.stringify(lock));
  // A build that was cut off: no process has this id.
  mkdirSync(join(built(), ".mine.99999999-abcdef", "layer"), { recursive: true });
}, 60_000);

afterAll(() => {
  index.close();
  rmSync(work, { recursive: true, force: true });
});

describe("an environment of the owner's", () => {
  it("holds what its files pin, runs nothing of it while built, and is there for programs", async () => {
    const files = [
      "--requirements",
      join(work, "requirements.txt"),
      "--package-lock",
      join(work, "package-lock.json"),
    ];
    const made = await command("build", "mine", ...files);
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("mine: done") });
    expect(readdirSync(work)).not.toContain("touched");
    expect(readdirSync(built()).filter((name) => name.includes("mine"))).toEqual(["mine"]);
    expect(made.stderr).toContain("Reason for being yanked: it loses data");

    // A build that is killed between the old layer and the new one loses neither: the executor finds the old.
    const preload = join(work, "kill-after.mjs");
    writeFileSync(preload, KILL_AFTER);
    const killed = await environments(["build", "mine", ...files.slice(2)], {
      folder: built(),
      more: { NODE_OPTIONS: `--import=${preload}`, KILL_AFTER_RENAMING: join(built(), "mine") },
    });
    expect(killed.code).toBe(1);
    expect(readdirSync(built())).not.toContain("mine");

    const worker = await startFakeWorker();
    const executor = await startExecutor({ env: { EXECUTOR_ENVIRONMENTS_DIR: built() } });
    try {
      const { packages } = executor.seat.hello.environments.find(({ name }) => name === "mine") ?? {};
      expect(packages).toEqual(["gone 1.0", "greeter 1.0", "shout 2.1.0", "stable 1.0"]);
      const run = async (source: string, interpreter: "python3" | "node" | "bash") => {
        const { stdout, stderr } = await runJob(executor, worker, source, {
          interpreter,
          environment: "mine",
        });
        return stdout + stderr;
      };
      const source = "import greeter, stable; greeter.main(); print(stable.name)";
      expect(await run(source, "python3")).toBe("hello from a script\nstable\n");
      expect(await run("greet", "bash")).toBe("hello from a script\n");
      expect(await run("import shout from 'shout'; console.log(shout('loud'))", "node")).toBe("LOUD\n");
    } finally {
      await executor.stop();
      await worker.close();
    }

    expect((await command("list")).stdout).toMatch(
      /^mine\t.*\n\tgone 1\.0\n\tgreeter 1\.0\n\tshout 2\.1\.0\n/m,
    );
    expect(await command("prune")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/removed \.mine/),
    });
    expect(await command("remove", "mine")).toMatchObject({ code: 0 });
    expect((await command("list")).stdout).not.toContain("mine");
  }, 60_000);
});
