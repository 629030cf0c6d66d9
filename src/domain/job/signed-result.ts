import { selectorOf } from "../../wire/output-patterns.ts";
import { reportText } from "../../wire/pool.ts";
import type { FinishedEvent } from "../../wire/report.ts";
import { signedPayload } from "../../wire/signed-payload.ts";
import type { ReportProof } from "../ports/job-objects.ts";
import type { Signatures } from "../ports/signatures.ts";
import type { ProgramTask } from "./record.ts";

type Claimed = {
  /** The key that claimed the attempt. */
  readonly key: string;
  readonly attemptId: string;
  readonly task: ProgramTask;
  readonly finished: FinishedEvent;
  readonly proof: ReportProof;
};

/** What the result's own signature must cover, made from what the job itself knows. */
const expectedPayload = ({ task, finished }: Claimed): string => {
  const isSelected = selectorOf(task.outputPatterns);
  return signedPayload({
    jobHash: task.jobHash,
    exitCode: finished.exitCode,
    cpuSeconds: finished.cpuSeconds,
    memoryPeakBytes: finished.memoryPeakBytes,
    selected: finished.outputs.filter(({ path }) => isSelected(path)),
  });
};

/** Whether the key that claimed the attempt signed the report as it came, and the result that it holds. */
export const isResultGenuine = async (signatures: Signatures, claimed: Claimed): Promise<boolean> => {
  const { key, attemptId, finished, proof } = claimed;
  const { signature } = finished;
  if (signature === null || signature.workerId !== key) return false;
  if (signature.signedPayload !== expectedPayload(claimed)) return false;
  const text = reportText(attemptId, proof.bodySha256);
  const checks = [
    signatures.isSigned(key, text, proof.signature),
    signatures.isSigned(key, signature.signedPayload, signature.signature),
  ];
  return (await Promise.all(checks)).every(Boolean);
};
