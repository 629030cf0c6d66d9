import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "computes for ever",
  alone: true,
  source: `while True: pass`,
  options: { limits: { cpuMs: 400 } },
  verdict: { reason: "timeout_cpu", exitCode: null },
};
