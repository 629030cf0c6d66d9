import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "runs the classic fork bomb",
  interpreter: "bash",
  alone: true,
  source: `
bomb() { bomb | bomb & }
bomb 2>/dev/null
sleep 0.5
echo still here
`,
  verdict: { stdout: /still here/, stderr: /.*/s, reason: "exit", exitCode: 0 },
};
