import type { StoredCase } from "../ports/job-objects.ts";
import { caseFields, firstBytes, shownBytes } from "./marks.ts";

/** Of each stream, so much stands in a list; a single case shows all that was kept. */
const LISTED = { stdoutBytes: 64 * 1024, stderrBytes: 16 * 1024 };

const streamFields = (
  name: "stdout" | "stderr",
  kept: Uint8Array,
  printedBytes: number,
  maxBytes: number,
) => {
  const first = firstBytes(kept, maxBytes);
  const { text, encoding } = shownBytes(first);
  return {
    [name]: text,
    [`${name}_encoding`]: encoding,
    [`${name}_truncated`]: printedBytes > first.length,
  };
};

/** A case with what it printed, as text where that is UTF-8 and else as base64. */
export const caseWithOutput = (one: StoredCase) => ({
  ...caseFields(one),
  ...streamFields("stdout", one.stdout, one.stdoutBytes, LISTED.stdoutBytes),
  ...streamFields("stderr", one.stderr, one.stderrBytes, LISTED.stderrBytes),
});

/** The cases' part of a status: how many there are and are done, and each result so far. */
export const casesPart = (total: number, cases: readonly StoredCase[], withOutput: boolean) => {
  const ran = cases.filter(({ verdict }) => verdict !== "skipped");
  return {
    cases: {
      total,
      finished: ran.length,
      accepted: ran.filter(({ verdict }) => verdict === "accepted").length,
    },
    case_results: cases.map((one) => (withOutput ? caseWithOutput(one) : caseFields(one))),
  };
};
