import type { z } from "zod";
import { problemsOf } from "./check.ts";
import type {
  AnyFunctionContext,
  FunctionContext,
  FunctionProcess,
  InputParts,
  OutputParts,
  ProgramProcess,
  ResolvedFunction,
  ResolvedProgram,
  Workload,
  WorkloadDefinition,
} from "./types.ts";

const GIB = 1024 ** 3;
/** The platform's limit on one PUT to R2. */
const PUT_BYTES = 5 * GIB;

const resolvedProgram = (process: ProgramProcess): ResolvedProgram => ({
  ...process,
  environment: process.environment ?? "default",
  args: process.args ?? [],
  limits: {
    timeoutSeconds: process.limits?.timeoutSeconds ?? 300,
    cpuSeconds: process.limits?.cpuSeconds ?? 120,
    memoryMb: process.limits?.memoryMb ?? 512,
    workspaceMb: process.limits?.workspaceMb ?? 100,
  },
});

/** The context has what the declaration names: the consumer makes it from the same declaration. */
const resolvedFunction = <P, I extends InputParts, O extends OutputParts>(
  process: FunctionProcess<P, I, O>,
): ResolvedFunction => ({
  kind: "function",
  timeoutMs: (process.timeoutSeconds ?? 300) * 1_000,
  run: (context: AnyFunctionContext) => process.run(context as unknown as FunctionContext<P, I, O>),
});

const entityOf = (prefix: string, path: string): string =>
  `${[prefix, ...path.split("/")].join(".").replaceAll("-", "_")}.job`;

/**
 * Declares a workload; `workloads` in src/service.ts lists what is served.
 * @throws Error that names everything that is wrong with it.
 */
export const defineWorkload = <
  S extends z.ZodObject,
  const I extends InputParts,
  const O extends OutputParts,
>(
  definition: WorkloadDefinition<S, I, O>,
): Workload => {
  const { path, entity, summary, description, params, process } = definition;
  const workload: Workload = {
    path,
    entity: entityOf(entity, path),
    summary,
    description: description ?? "",
    params,
    inputs: Object.entries(definition.inputs).map(([name, part]) => ({
      name,
      contentTypes: part.contentTypes ?? [],
      maxBytes: part.maxBytes ?? PUT_BYTES,
      isRequired: part.isRequired ?? true,
      description: part.description ?? "",
    })),
    outputs: Object.entries(definition.outputs).map(([name, part]) => ({
      name,
      contentType: part.contentType,
      description: part.description ?? "",
    })),
    process: process.kind === "program" ? resolvedProgram(process) : resolvedFunction(process),
  };
  const problems = problemsOf(workload);
  if (problems.length > 0) throw new Error(`The workload ${path} cannot be served: ${problems.join("; ")}`);
  return workload;
};
