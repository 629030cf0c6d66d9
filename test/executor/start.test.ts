import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MAIN } from "./support/executor-process.ts";

const folder = mkdtempSync(join(tmpdir(), "executor-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? "", TMPDIR: folder, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });

describe("starting the executor", () => {
  it("names every setting that is missing or wrong, and no value", () => {
    const { status, stderr } = run([], {
      EXECUTOR_START_TOKEN: "short-secret",
      EXECUTOR_JOIN_URL: "localhost:8787",
      EXECUTOR_SLOTS: "0",
      EXECUTOR_PORT: "http",
      EXECUTOR_ISOLATION: "maybe",
      EXECUTOR_MIN_ISOLATION: "3",
      EXECUTOR_MEMORY_MB: "much",
      EXECUTOR_STORAGE_ORIGINS: "ftp://files.example.com",
    });
    expect(status).toBe(1);
    for (const name of [
      "JOIN_URL",
      "START_TOKEN",
      "SLOTS",
      "PORT",
      "ISOLATION",
      "MIN_ISOLATION",
      "MEMORY_MB",
    ]) {
      expect(stderr).toContain(`EXECUTOR_${name}`);
    }
    expect(stderr).toContain("EXECUTOR_STORAGE_ORIGINS");
    expect(stderr).not.toContain("short-secret");
  });

  it("wants the address of a service, which --join says as well", () => {
    const { status, stderr } = run([]);
    expect([status, stderr.startsWith("EXECUTOR_JOIN_URL")]).toEqual([1, true]);
    const wrong = run(["start", "--join", "ftp://127.0.0.1"]);
    expect([wrong.status, wrong.stderr.startsWith("EXECUTOR_JOIN_URL")]).toEqual([1, true]);
    expect(run(["stop"])).toMatchObject({ status: 2, stderr: expect.stringContaining("no command stop") });
  });

  it("explains itself and refuses what it does not know", () => {
    expect(run(["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("--probe") });
    expect(run(["--version"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(run(["--verbose"])).toMatchObject({ status: 2, stderr: expect.stringContaining("--verbose") });
  });

  it.each([
    ["--generate-key PATH", (path: string) => ["--generate-key", path]],
    ["--generate-key --worker-key PATH", (path: string) => ["--generate-key", "--worker-key", path]],
    ["--worker-key PATH --generate-key", (path: string) => ["--worker-key", path, "--generate-key"]],
  ])("makes a key with %s, and replaces none", (form, args) => {
    const path = join(folder, form.replaceAll(/\W/g, ""), "key.pem");
    const first = run(args(path));
    expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Worker ID: \S{44}\n$/) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const pem = readFileSync(path, "utf8");
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(run(args(path)).status).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(pem);
  });

  it("does not start with a key file that holds no Ed25519 key", () => {
    const path = join(folder, "wrong.pem");
    writeFileSync(path, "not a key");
    const env = { EXECUTOR_JOIN_URL: "http://127.0.0.1:1" };
    expect(run(["--worker-key", path], env).status).not.toBe(0);
  });

  it("probes the isolation, and fails below the minimum", () => {
    const probe = run(["--probe"], { EXECUTOR_MIN_ISOLATION: "2" });
    expect(probe.status).toBe(0);
    const found = JSON.parse(probe.stdout);
    expect(found.isolation).toBe(process.getuid?.() === 0 ? 1 : 2);
    expect(found.findings).toMatchObject({
      sandboxStarts: true,
      noCapabilities: true,
      noNewPrivileges: true,
      systemCallsFiltered: true,
    });
    const none = run(["--probe"], { EXECUTOR_ISOLATION: "none", EXECUTOR_MIN_ISOLATION: "2" });
    expect(none.status).toBe(1);
    expect(JSON.parse(none.stdout).isolation).toBe(0);
  });
});
