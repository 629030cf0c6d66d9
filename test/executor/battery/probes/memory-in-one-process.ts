import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "takes 2 GB in one process",
  alone: true,
  source: `
blocks = []
for _ in range(200): blocks.append(bytearray(10_000_000))
print("had it all")
`,
  verdict: ({ level }) =>
    level === 1
      ? { reason: "memory", exitCode: null, stdout: "" }
      : { exitCode: 1, stderr: /MemoryError/, stdout: "" },
};
