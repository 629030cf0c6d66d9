import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "uses the tools for namespaces",
  interpreter: "bash",
  source: `
for tool in "unshare -U true" "unshare -m true" "nsenter -t 1 -m true" "bwrap --bind / / true" "chroot /tmp true"; do
  $tool 2>/dev/null && echo "$tool works"
done
echo tried
`,
  verdict: { stdout: "tried\n" },
};
