import type { RunReport } from "../../client/index.ts";

/** As shells and `timeout` have it, for programs that did not end by themselves. */
const CODE_OF_REASON: Readonly<Record<string, number>> = {
  timeout_wall: 124,
  timeout_cpu: 124,
  cancelled: 130,
  memory: 137,
  signal: 137,
};

/** The code that a command ends with for an ended run: the program's own, where it ended by itself. */
export const exitCodeOf = ({ status, exit_code: code, termination_reason: reason }: RunReport): number => {
  if (reason === "exit" && code !== null) return code;
  return status === "completed" ? 0 : (CODE_OF_REASON[reason ?? ""] ?? 1);
};

/** A line about an end that was not the program's own doing; null where it was. */
export const endLine = ({ termination_reason: reason, reason_message: message }: RunReport): string | null =>
  reason === "exit" || reason === null
    ? null
    : `sandpiper: ${reason}${message === null ? "" : `: ${message}`}`;
