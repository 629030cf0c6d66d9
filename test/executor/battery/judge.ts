import { expect } from "vitest";
import type { ExecutorAddress } from "../support/executor-process.ts";
import type { FakeWorker } from "../support/fake-worker.ts";
import { fileInput, type JobOptions, type JobResult, runJob } from "../support/jobs.ts";
import type { Probe, Target, Verdict } from "./probe.ts";
import { pythonHelpers } from "./python-helpers.ts";

const inputsFor = (probe: Probe): JobOptions["inputs"] =>
  probe.source.includes("from probe import")
    ? [fileInput("main.py", probe.source), fileInput("probe.py", pythonHelpers)]
    : undefined;

const optionsFor = (probe: Probe, target: Target): JobOptions => {
  const options = typeof probe.options === "function" ? probe.options(target) : (probe.options ?? {});
  const inputs = options.inputs ?? inputsFor(probe);
  return {
    ...options,
    ...(probe.interpreter === undefined ? {} : { interpreter: probe.interpreter }),
    ...(inputs === undefined ? {} : { inputs }),
  };
};

const expectText = (text: string, expected: string | RegExp | undefined): void => {
  if (typeof expected === "string") expect(text).toBe(expected);
  else if (expected !== undefined) expect(text).toMatch(expected);
};

const expectVerdict = (result: JobResult, verdict: Verdict): void => {
  const { finished, stdout, stderr } = result;
  // Standard error first: when a probe fails, it says why.
  expectText(stderr, verdict.stderr ?? (finished.reason === "exit" ? "" : undefined));
  expectText(stdout, verdict.stdout);
  expect([verdict.reason ?? "exit"].flat()).toContain(finished.reason);
  if (verdict.exitCode !== "any") {
    expect(finished.exitCode).toBe(verdict.exitCode === undefined ? 0 : verdict.exitCode);
  }
  if (verdict.outputs !== undefined) {
    expect(finished.outputs.map(({ path }) => path).toSorted()).toEqual(verdict.outputs.toSorted());
  }
  if (verdict.dropped !== undefined) expect(finished.outputsDropped).toBe(verdict.dropped);
  verdict.also?.(result);
};

/** Runs a probe through a real executor and holds its end against the verdict. */
export const judge = async (
  probe: Probe,
  target: Target,
  executor: ExecutorAddress,
  worker: FakeWorker,
): Promise<void> => {
  const result = await runJob(executor, worker, probe.source, optionsFor(probe, target));
  const { verdict } = probe;
  expectVerdict(result, typeof verdict === "function" ? verdict(target) : verdict);
  for (const secret of [result.attempt.token, executor.seat.key]) {
    expect(result.stdout + result.stderr).not.toContain(secret);
  }
};
