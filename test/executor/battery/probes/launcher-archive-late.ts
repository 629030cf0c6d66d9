import type { Probe } from "../probe.ts";

export const probe: Probe = {
  attack: "leaves children that write archives and records once it has ended",
  source: `
from probe import *
import io, tarfile
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
    for number in range(500):
        entry = tarfile.TarInfo(f"forged{number}"); entry.pax_headers = {"comment": "x" * 4000}
        archive.addfile(entry)
write("real", "x")
for _ in range(10):
    if os.fork() == 0:
        os.setsid()
        while os.getppid() != 1: pass
        while True:
            for fd in (1, 2, 3, 4, 5, 6, 7, 8, 9):
                try: os.write(fd, packed.getvalue())
                except OSError: pass
            for fd in (5, 6, 7, 8, 9):
                try: os.write(os.open(f"/proc/1/fd/{fd}", os.O_WRONLY), packed.getvalue())
                except OSError: pass
`,
  // What the children write before they are killed is the program's output, and may be too much of it.
  verdict: {
    reason: ["exit", "output_limit"],
    exitCode: "any",
    stdout: /.*/s,
    stderr: /.*/s,
    also: ({ finished }) => {
      const paths = finished.outputs.map(({ path }) => path);
      if (paths.some((path) => path !== "real")) throw new Error(`outputs: ${paths.join()}`);
    },
  },
};
