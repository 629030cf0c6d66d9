import type { TerminationReason } from "../../../src/wire/vocabulary.ts";
import type { JobOptions, JobResult } from "../support/jobs.ts";

/** What must come out of an attack; what is not named must be an ordinary end with exit code 0. */
export interface Verdict {
  readonly reason?: TerminationReason | readonly TerminationReason[];
  readonly exitCode?: number | null | "any";
  readonly stdout?: string | RegExp;
  readonly stderr?: string | RegExp;
  /** Paths of the outputs, sorted. */
  readonly outputs?: readonly string[];
  readonly dropped?: number;
  /** A further look, by expectations of its own. */
  readonly also?: (result: JobResult) => void;
}

/** What a probe may know of the machine that it attacks. */
export interface Target {
  readonly level: 1 | 2;
  /** A port on the machine's loopback that answers; the executor's own. */
  readonly port: number;
  /** Name of an abstract unix socket on which something of the machine listens. */
  readonly abstractSocket: string;
}

/** One attack: a program, and what must happen to it at each level. */
export interface Probe {
  readonly attack: string;
  readonly interpreter?: JobOptions["interpreter"];
  readonly source: string;
  readonly options?: JobOptions | ((target: Target) => JobOptions);
  readonly verdict: Verdict | ((target: Target) => Verdict);
  /** It fills the machine up, so it runs alone. */
  readonly alone?: boolean;
}
