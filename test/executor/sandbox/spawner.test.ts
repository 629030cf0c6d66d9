import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { currentArchitecture } from "../../../executor/sandbox/seccomp-filter.ts";
import { type Spawner, startSpawner } from "../../../executor/sandbox/spawner.ts";

const WRITES = 0o1101;
const order = (command: readonly string[], given: Parameters<Spawner["spawn"]>[0]["given"] = []) => ({
  uid: process.getuid?.() === 0 ? 60_999 : null,
  joinFiles: [],
  given: [{ number: 0, flags: 0, path: "/dev/null" }, ...given],
  command,
});

describe("the starter of sandboxes", () => {
  const folder = mkdtempSync(join(tmpdir(), "spawner-"));
  let spawner: Spawner;
  beforeAll(async () => {
    spawner = await startSpawner(currentArchitecture(), 2);
  });
  afterAll(() => {
    spawner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("gives a process its arguments as they are, its descriptors and no others, and one id without groups", async () => {
    const path = join(folder, "seen");
    const script =
      'printf "<%s>" "$@"; id -u; id -G; ls /proc/self/fd; env; grep -E "^(SigBlk|NoNewPrivs)" /proc/self/status';
    const args = ["", "two words", "line\nbreak", "ü$x`", ""];
    const spawned = spawner.spawn(
      order(["/bin/bash", "-c", script, "name", ...args], [{ number: 1, flags: WRITES, path }]),
    );
    expect(await spawned.exited).toBe(0);
    const seen = readFileSync(path, "utf8");
    expect(seen).toContain(args.map((arg) => `<${arg}>`).join(""));
    if (process.getuid?.() === 0) expect(seen).toContain("60999\n60999\n");
    expect(seen).toMatch(/\n0\n1\n(?:2\n)?3\n[A-Z]/);
    expect(seen).toMatch(/^SigBlk:\s+0+$/m);
    expect(seen).toMatch(/^NoNewPrivs:\s+1$/m);
    expect([...seen.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name)).not.toContain("HOME");
  });

  it("tells statuses and signals apart, and what never started from both", async () => {
    const missing = { number: 1, flags: 0, path: join(folder, "missing") };
    const [status, signal, command, descriptor] = [
      spawner.spawn(order(["/bin/sh", "-c", "exit 7"])),
      spawner.spawn(order(["/bin/sh", "-c", "kill -KILL $$"])),
      spawner.spawn(order(["/nonexistent/program"])),
      spawner.spawn(order(["/bin/true"], [missing])),
    ];
    expect(await status.exited).toBe(7);
    expect(await signal.exited).toBeNull();
    expect(await command.exited).toBe(127);
    expect(await descriptor.exited).toBeNull();
    expect(descriptor.pid()).toBeNull();
  });

  it("ends what it started when it ends", async () => {
    const other = await startSpawner(currentArchitecture(), 0);
    const spawned = other.spawn(order(["/bin/sleep", "60"]));
    await spawned.settled;
    other.close();
    await expect
      .poll(() => {
        try {
          return readFileSync(`/proc/${spawned.pid()}/comm`, "utf8");
        } catch {
          return "gone";
        }
      })
      .toBe("gone");
  });
});
