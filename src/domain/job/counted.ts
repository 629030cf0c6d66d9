import type { Counted } from "../ports/tally.ts";
import type { JobRecord } from "./record.ts";
import { isTerminal } from "./state.ts";

const endOf = ({ state, result }: JobRecord): string =>
  result === null || result.reason === "exit" ? state : result.reason;

/** What a change is counted as: a lease that was lost, and an end, as `<face> <end>`. */
export const countedIn = (before: JobRecord | null, after: JobRecord): (readonly [Counted, string])[] => {
  const isLost = (after.attemptsLost ?? 0) > (before?.attemptsLost ?? 0);
  const hasEnded = isTerminal(after.state) && (before === null || !isTerminal(before.state));
  return [
    ...(isLost ? [["leases_lost", after.face] as const] : []),
    ...(hasEnded ? [["jobs_ended", `${after.face} ${endOf(after)}`] as const] : []),
  ];
};
