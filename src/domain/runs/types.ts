import type { CaseRules } from "../../wire/judging.ts";
import type { Interpreter } from "../../wire/vocabulary.ts";
import type { JudgingFields } from "../judging/fields.ts";
import type { Restrictions } from "../judging/order.ts";

/** One thing wrong with a submission: `field` is a field's path such as `args.3`, or "" for the whole. */
export type FieldError = {
  field: string;
  message: string;
  /** The message is a whole sentence, which needs no field before it. */
  isSentence?: true;
};

export type Refused = { kind: "refused"; errors: FieldError[] };

/** A manifest's fields as far as they were given: checked and capped, null where absent. */
export type ManifestFields = {
  /** Relative and normalised. */
  entrypoint: string | null;
  /** `python` has become `python3`. */
  interpreter: Interpreter | null;
  environment: string | null;
  args: string[] | null;
  env: Record<string, string> | null;
  outputs: string[] | null;
  timeoutSeconds: number | null;
  memoryMb: number | null;
  cpuSeconds: number | null;
  /** Text for stdin, which a manifest beside files may carry. */
  stdin: string | null;
  /** Whether archives are unpacked; null unpacks the first. */
  unpack: boolean | null;
  /** Shell scripts lose a byte order mark, and CRs at the ends of lines. */
  normalize: boolean;
  /** A Python module that is run as `python3 -m` does it, in place of an entrypoint. */
  module: string | null;
  mergeOutput: boolean | null;
  graceSeconds: number | null;
  keepOutputs: boolean | null;
  /** Where the end is told, as it was written. */
  webhookUrl: string | null;
  /** Packages that are wanted, a line each. */
  requirements: readonly string[] | null;
  judging: JudgingFields;
  /** What was ignored, for the client's eyes. */
  warnings: readonly string[];
};

/** A manifest with its defaults. Whether the environment exists is not checked yet. */
export type Manifest = {
  entrypoint: string | null;
  interpreter: Interpreter | null;
  /** As given; "" is the default environment. */
  environment: string;
  args: string[];
  env: Record<string, string>;
  /** Patterns of wire/output-patterns.ts; empty selects everything. */
  outputs: string[];
  timeoutSeconds: number;
  memoryMb: number;
  cpuSeconds: number;
  stdin: string | null;
  normalize?: boolean;
  module?: string | null;
  /** One pipe for both streams. */
  mergeOutput?: boolean;
  /** So long before a limit of time the program is told to end. */
  graceSeconds?: number;
  /** A limit of time leaves the outputs. */
  keepOutputs?: boolean;
  webhookUrl?: string | null;
  requirements?: readonly string[];
  judging: JudgingFields;
  warnings: readonly string[];
};

/** A manifest that says what to run. */
export type RunManifest = Manifest & {
  entrypoint: string;
  /** Null where `judging.language` says how the program is started. */
  interpreter: Interpreter | null;
};

export type ResolvedRun = {
  kind: "ok";
  manifest: RunManifest;
  /** 1 when all files share one top folder and the executor is to strip it. */
  stripComponents: 0 | 1;
  /** The entrypoint's path in the tar, the stripped folder included: an `UploadEntry` has it. */
  tarPath: string;
  /** Files of the upload that say what is expected: they are laid into no job's folder. */
  hiddenPaths?: readonly string[];
  /** What a door asks for that no manifest can. */
  restrictions?: Restrictions;
  keep?: CaseRules["keep"];
  /** A client reads and writes while the program runs; only without cases. */
  isInteractive?: boolean;
};

export type RunOutcome = ResolvedRun | Refused;
