import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves files with names of every bad kind",
  source: `
from probe import *
for name_ in (b"new\\nline", b"esc\\x1b[2J", b"\\xff\\xfe", b"..\\\\w", b"\\x01", b"del\\x7f", b"a" * 255, b"-rf", b" lead", "\\u202etxt".encode(), "é".encode()):
    open(name_, "w").write("x")
`,
  verdict: { outputs: [" lead", "-rf", "a".repeat(255), "é", "\u202etxt"], dropped: 6 },
};
