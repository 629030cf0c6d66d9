import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environments, type Index, serveArchives, sha256, tarGz, wheel } from "../support/package-indexes.ts";
import { startExecutor } from "./support/executor-process.ts";
import { startFakeWorker } from "./support/fake-worker.ts";
import { runJob } from "./support/jobs.ts";

const greeter = "def main():\n    print('hello from a script')\n";
const scripts = "greeter-1.0.dist-info/entry_points.txt";
let work: string;
let index: Index;
const built = (): string => join(work, "built");
const command = (...args: readonly string[]) => environments(args, { folder: built(), url: index.url });

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
  index = await serveArchives([python, node]);
  writeFileSync(join(work, "requirements.txt"), `greeter==1.0 \\\n  --hash=sha256:${sha256(python)}\n`);
  const integrity = `sha512-${createHash("sha512").update(node.content).digest("base64")}`;
  const resolved = `${index.url}/shout/-/shout-2.1.0.tgz`;
  const packages = {
    "": { dependencies: { shout: "^2.0.0" } },
    "node_modules/shout": { version: "2.1.0", resolved, integrity, hasInstallScript: true },
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
    expect((await command("list")).stdout).toMatch(/^mine\t.*\n\tgreeter 1\.0\n\tshout 2\.1\.0$/m);

    const worker = await startFakeWorker();
    const executor = await startExecutor({ env: { EXECUTOR_ENVIRONMENTS_DIR: built() } });
    try {
      const { packages } = executor.seat.hello.environments.find(({ name }) => name === "mine") ?? {};
      expect(packages).toEqual(["greeter 1.0", "shout 2.1.0"]);
      const run = async (source: string, interpreter: "python3" | "node" | "bash") => {
        const { stdout, stderr } = await runJob(executor, worker, source, {
          interpreter,
          environment: "mine",
        });
        return stdout + stderr;
      };
      expect(await run("import greeter; greeter.main()", "python3")).toBe("hello from a script\n");
      expect(await run("greet", "bash")).toBe("hello from a script\n");
      expect(await run("import shout from 'shout'; console.log(shout('loud'))", "node")).toBe("LOUD\n");
    } finally {
      await executor.stop();
      await worker.close();
    }

    expect(await command("remove", "mine")).toMatchObject({ code: 0 });
    expect((await command("list")).stdout).not.toContain("mine");
  }, 60_000);
});
