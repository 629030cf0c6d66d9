import type { Interpreter } from "../../wire/vocabulary.ts";

/** One thing wrong with a submission: `field` is a manifest field's path such as `args.3` ("" for the whole). */
export type FieldError = { field: string; message: string };

/** A manifest after validation, defaulting and capping (contract runs.md 0.7). */
export type Manifest = {
  /** As given, normalised to a relative path; null when the manifest names none. */
  entrypoint: string | null;
  /** `python` has become `python3`; null when none was named. */
  interpreter: Interpreter | null;
  /** "" is the default environment. */
  environment: string;
  args: string[];
  env: Record<string, string>;
  /** Patterns of wire/output-patterns.ts; empty selects everything. */
  outputs: string[];
  timeoutSeconds: number;
  memoryMb: number;
  cpuSeconds: number;
};

export type ManifestOutcome = { kind: "ok"; manifest: Manifest } | { kind: "refused"; errors: FieldError[] };

export type ResolvedEntrypoint = {
  kind: "ok";
  /** With job.json taken in; `entrypoint` and `interpreter` are set. */
  manifest: Manifest & { entrypoint: string; interpreter: Interpreter };
  /** 1 when all files share one top folder that is stripped. */
  stripComponents: 0 | 1;
  /** The entrypoint's name in the tar, with the stripped folder; find its content by this. */
  tarPath: string;
};

export type EntrypointOutcome = ResolvedEntrypoint | { kind: "refused"; errors: FieldError[] };
