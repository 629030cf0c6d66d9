import { describe, expect, it } from "vitest";
import { fileInput, runJob } from "./support/jobs.ts";
import { levels, withExecutor } from "./support/levels.ts";

describe.each(levels)("at $name, what is no output", ({ options }) => {
  const { executor, worker } = withExecutor(options);

  it("is named with its reason", async () => {
    const source = `
import os, socket
os.makedirs("empty/inner"); os.makedirs("full")
open("full/kept.txt", "w").write("x")
os.symlink("full/kept.txt", "link.txt")
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
open("secret", "w").write("x"); os.chmod("secret", 0)
os.mkdir("closed"); open("closed/x", "w").write("x"); os.chmod("closed", 0)
open("bad\\nname", "w").write("x")
open("large", "wb").truncate(2_000_000)
`;
    const { finished, stderr } = await runJob(executor(), worker(), source, {
      limits: { outputFileBytes: 1_000_000 },
    });
    expect(stderr).toBe("");
    expect(finished.outputs.map(({ path }) => path)).toEqual(["full/kept.txt"]);
    const reasons = Object.fromEntries((finished.dropped ?? []).map(({ path, reason }) => [path, reason]));
    expect(reasons).toEqual({
      "empty/inner": "empty_folder",
      "link.txt": "link",
      pipe: "special",
      socket: "special",
      secret: "unreadable",
      closed: "unreadable",
      "bad\ufffdname": "name",
      large: "too_large",
    });
    expect(finished.outputsDropped).toBe(8);
  });

  it("is counted in full and named up to 20", async () => {
    const source = `
import os
for n in range(30): os.mkdir(f"d{n}")
for n in range(30):
    open(f"f{n}", "w").write("x"); os.chmod(f"f{n}", 0)
`;
    const { finished } = await runJob(executor(), worker(), source);
    expect(finished.outputsDropped).toBe(60);
    expect(finished.dropped).toHaveLength(20);
  });

  it("are the folders and files that came in", async () => {
    const inputs = [
      fileInput("main.py", "import os; os.mkdir('made')"),
      fileInput("data/x.txt", "as it was"),
    ];
    const { finished } = await runJob(executor(), worker(), "", { inputs });
    expect(finished).toMatchObject({
      outputs: [],
      outputsDropped: 1,
      dropped: [{ path: "made", reason: "empty_folder" }],
    });
  });
});
