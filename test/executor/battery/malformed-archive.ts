import { expect } from "vitest";
import { fileInput, inline } from "../support/jobs.ts";
import type { Probe } from "./probe.ts";

/** An attack by an input archive that must be refused whole, before anything runs. */
export const malformedArchive = (attack: string, archive: Buffer): Probe => ({
  attack: `sends an archive ${attack}`,
  interpreter: "python3",
  source: "",
  options: {
    inputs: [fileInput("main.py", "print(1)"), { kind: "tar", blob: inline(archive), stripComponents: 0 }],
  },
  verdict: {
    reason: "bad_input",
    exitCode: null,
    stdout: "",
    also: ({ finished }) => expect(finished.message).toMatch(/^An input archive is malformed\./),
  },
});
