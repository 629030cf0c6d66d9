import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "hides its memory in files and heap together",
  alone: true,
  source: `
open("/job/a", "wb").write(bytes(90_000_000))
open("/tmp/b", "wb").write(bytes(60_000_000))
heap = bytearray(150_000_000)
print("had it all")
`,
  options: { limits: { outputFileBytes: 100_000_000, outputTotalBytes: 100_000_000 } },
  verdict: ({ level }) =>
    level === 1
      ? { reason: "memory", exitCode: null, stdout: "" }
      : { stdout: "had it all\n", outputs: ["a"], dropped: 0 },
};
