import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "runs the classic fork bomb",
  interpreter: "bash",
  alone: true,
  source: `
bomb() { bomb | bomb & }
bomb
sleep 20
`,
  options: { limits: { timeoutMs: 1_000, cpuMs: 5_000 } },
  // Whether the shell still gets the process that it needs for its own sleep is the bomb's luck.
  verdict: { reason: ["timeout_wall", "exit"], exitCode: "any", stderr: /.*/s },
};
