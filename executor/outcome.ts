import type { AttemptRequest } from "../src/wire/attempt.ts";
import type { Judged } from "../src/wire/judging.ts";
import { selectorOf } from "../src/wire/output-patterns.ts";
import { type FinishedEvent, finishedEvent, type OutputFile } from "../src/wire/report.ts";
import { signedPayload } from "../src/wire/signed-payload.ts";
import type { IsolationLevel } from "../src/wire/vocabulary.ts";
import type { Collection } from "./collect.ts";
import type { Identity } from "./identity.ts";
import type { Accounting } from "./sandbox/job-group.ts";
import type { Supervised } from "./supervise.ts";
import { type Ending, killedFor } from "./verdict.ts";

/** All that is known of an attempt at its end. */
export interface Outcome extends Omit<Supervised, "leftOut"> {
  readonly collection: Collection;
  /** What cases came to, or that the compile step failed. */
  readonly judged?: Judged;
}

export const noOutputs: Collection = { outputs: [], dropped: 0, named: [] };

/** An attempt that ended without a program. */
export const nothingRan = (ending: Ending): Outcome => ({
  ending,
  figures: { cpuUs: 0, memoryPeakBytes: 0, wallTimeMs: 0 },
  truncated: { stdout: false, stderr: false },
  collection: noOutputs,
});

export interface ResultContext {
  readonly identity: Identity;
  readonly isolation: IsolationLevel;
  readonly accounting: Accounting;
}

const signatureFor = (
  request: AttemptRequest,
  identity: Identity,
  outputs: readonly OutputFile[],
  figures: { exitCode: number | null; cpuSeconds: number; memoryPeakBytes: number },
): FinishedEvent["signature"] => {
  const isSelected = selectorOf(request.outputs.patterns);
  const selected = outputs.filter(({ path }) => isSelected(path));
  const payload = signedPayload({ jobHash: request.jobHash, selected, ...figures });
  return { workerId: identity.workerId, signature: identity.sign(payload), signedPayload: payload };
};

const reportable = finishedEvent.omit({ n: true, type: true });

/** Whatever a program made of its result: one that does not fit the wire would be made again, for nothing. */
const unreportable: Ending = {
  ...killedFor("signal"),
  exitCode: 137,
  message: "The result could not be reported as it was.",
};

/** The result as it is reported, signed over what it says; one that does not fit the wire ends the job without it. */
export const toFinishedEvent = (
  request: AttemptRequest,
  outcome: Outcome,
  context: ResultContext,
): Omit<FinishedEvent, "n" | "type"> => {
  const event = describe(request, outcome, context);
  return reportable.safeParse(event).success ? event : describe(request, nothingRan(unreportable), context);
};

const describe = (
  request: AttemptRequest,
  { ending, figures, truncated, collection, judged }: Outcome,
  { identity, isolation, accounting }: ResultContext,
): Omit<FinishedEvent, "n" | "type"> => {
  const cpuSeconds = figures.cpuUs / 1e6;
  const { memoryPeakBytes } = figures;
  const { exitCode } = ending;
  const outputs = collection.outputs.map(({ file }) => file);
  return {
    atMs: Date.now(),
    ...ending,
    cpuSeconds,
    memoryPeakBytes,
    wallTimeMs: Math.round(figures.wallTimeMs),
    truncated,
    outputs,
    outputsDropped: collection.dropped,
    ...(collection.named.length === 0 ? {} : { dropped: [...collection.named] }),
    isolation,
    accounting,
    signature: signatureFor(request, identity, outputs, { exitCode, cpuSeconds, memoryPeakBytes }),
    ...(judged === undefined ? {} : { judged }),
  };
};
