import type { z } from "zod";
import type { Interpreter } from "../../wire/vocabulary.ts";

/** A file that clients upload, by its name in `inputs`. */
export type InputPart = {
  /** Media types without parameters; any is allowed where none is named. */
  readonly contentTypes?: readonly string[];
  /** At most, and by default, 5 GiB: the platform's limit on one PUT. */
  readonly maxBytes?: number;
  /** True by default. */
  readonly isRequired?: boolean;
  readonly description?: string;
};

/** A file that clients download, by its name in `outputs`. */
export type OutputPart = { readonly contentType: string; readonly description?: string };

export type InputParts = Readonly<Record<string, InputPart>>;
export type OutputParts = Readonly<Record<string, OutputPart>>;

/**
 * A program for the sandbox. It finds what was uploaded in `inputs/<name>`, the params in `params.json`
 * and its own `files` beside it, and writes its outputs to `outputs/<name>`.
 */
export type ProgramProcess = {
  readonly kind: "program";
  readonly interpreter: Interpreter;
  /** One of `files`. */
  readonly entrypoint: string;
  /** Source text by path. */
  readonly files: Readonly<Record<string, string>>;
  /** An environment of the executor's; `default` without. */
  readonly environment?: string;
  readonly args?: readonly string[];
  readonly limits?: ProgramLimits;
};

export type ProgramLimits = {
  /** 300 by default, at most 900. */
  readonly timeoutSeconds?: number;
  /** 120 by default, at most 900. */
  readonly cpuSeconds?: number;
  /** For the program itself; what its inputs take comes on top. 512 by default, at most 4,096. */
  readonly memoryMb?: number;
  /** For what the program writes, outputs included; inputs come on top. 100 by default, at most 1,024. */
  readonly workspaceMb?: number;
};

/** An uploaded file as a function reads it; another one in its place since the start fails the job. */
export type FunctionInput = {
  readonly sizeBytes: number;
  readonly contentType: string;
  /** The content from its beginning; may be asked for more than once. */
  open(): Promise<ReadableStream<Uint8Array>>;
};

/** An output as a function writes it: in pieces, of any length in all. An output never written is not there. */
export type FunctionOutput = {
  write(piece: Uint8Array | string): Promise<void>;
  /** The same for `pipeTo`; closing it is not necessary. */
  stream(): WritableStream<Uint8Array>;
};

export type FunctionContext<P, I extends InputParts, O extends OutputParts> = {
  readonly params: P;
  readonly inputs: {
    readonly [Name in keyof I]: I[Name] extends { readonly isRequired: false }
      ? FunctionInput | null
      : FunctionInput;
  };
  readonly outputs: { readonly [Name in keyof O]: FunctionOutput };
  /** Adds a line to the job's log. */
  log(line: string): void;
  /** Notes how much is done, from 0 to 1, in the job's log; each percent once. */
  progress(fraction: number): void;
  /** Aborted when the job is cancelled, has run out of time, or is no longer this consumer's. */
  readonly signal: AbortSignal;
};

/**
 * TypeScript that runs in the queue consumer, for work that is mostly streaming. A Worker has 128 MB of
 * memory and, unless `limits.cpu_ms` in wrangler.toml says more, 30 s of CPU. What it throws ends the job
 * as failed, with the error's message in the job's log.
 */
export type FunctionProcess<P, I extends InputParts, O extends OutputParts> = {
  readonly kind: "function";
  /** 300 by default, at most 840: a queue consumer lives for 15 minutes. */
  readonly timeoutSeconds?: number;
  run(context: FunctionContext<P, I, O>): Promise<void>;
};

/** What the deployer declares. */
export type WorkloadDefinition<S extends z.ZodObject, I extends InputParts, O extends OutputParts> = {
  /** `workload/function/sub_function`, in lower case, digits and `-`. */
  readonly path: string;
  /** Prefix of `@entity`, such as `in.co.example.calculator`. */
  readonly entity: string;
  readonly summary: string;
  readonly description?: string;
  /** Of the POST's JSON body and query; what it makes of them must be JSON again. */
  readonly params: S;
  readonly inputs: I;
  readonly outputs: O;
  readonly process: ProgramProcess | FunctionProcess<z.output<S>, I, O>;
};

export type ResolvedInput = Required<InputPart> & { readonly name: string };
export type ResolvedOutput = Required<OutputPart> & { readonly name: string };

export type ResolvedProgram = Required<Omit<ProgramProcess, "limits">> & {
  readonly limits: Required<ProgramLimits>;
};

/** A context whose params, inputs and outputs the declaration has typed. */
export type AnyFunctionContext = {
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, FunctionInput | null>>;
  readonly outputs: Readonly<Record<string, FunctionOutput>>;
  log(line: string): void;
  progress(fraction: number): void;
  readonly signal: AbortSignal;
};

export type ResolvedFunction = {
  readonly kind: "function";
  readonly timeoutMs: number;
  run(context: AnyFunctionContext): Promise<void>;
};

/** A declared workload, checked and with its defaults filled in. */
export type Workload = {
  readonly path: string;
  /** The whole `@entity` of its jobs. */
  readonly entity: string;
  readonly summary: string;
  readonly description: string;
  readonly params: z.ZodObject;
  readonly inputs: readonly ResolvedInput[];
  readonly outputs: readonly ResolvedOutput[];
  readonly process: ResolvedProgram | ResolvedFunction;
};
