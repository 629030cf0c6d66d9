import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { Program } from "./programs.ts";

/** Milliseconds from starting an interpreter on a file to having its whole output; no sandbox, no service. */
export const bareRun = async ({ command, file, hello }: Program): Promise<number> => {
  const folder = await mkdtemp(path.join(tmpdir(), "sandpiper-bench-"));
  await writeFile(path.join(folder, file), hello);
  const startedAtMs = performance.now();
  const child = spawn(command, [file], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  const tookMs = performance.now() - startedAtMs;
  if (output !== "hello\n") throw new Error(`${command} printed ${JSON.stringify(output)}`);
  return tookMs;
};
