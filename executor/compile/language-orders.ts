import type { Program } from "../../src/wire/attempt.ts";
import type { LanguageOrder, PhaseLimits } from "../../src/wire/judging.ts";
import type { Environment } from "../environments.ts";
import type { InstalledLanguage } from "../languages/installed.ts";
import { usualVariables } from "../program.ts";
import type { Orders } from "../sandbox/launcher.ts";
import { fillTemplate, type TemplateValues } from "./templates.ts";

const KIB = 1024;

/** What the commands of one request's language are made from. */
export interface LanguageJob {
  readonly installed: InstalledLanguage;
  readonly order: LanguageOrder;
  readonly program: Omit<Program, "stdin">;
  readonly environment: Environment;
  /** No cgroup guards the memory, so each process is limited by itself. */
  readonly limitsDataPerProcess: boolean;
}

type Phase = {
  readonly template: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: PhaseLimits;
  readonly files: Iterable<string>;
  readonly flags: readonly string[];
  readonly args: readonly string[];
};

const ordersOf = (
  { installed, program, environment, limitsDataPerProcess }: LanguageJob,
  { template, variables, limits, files, flags, args }: Phase,
) => {
  const { memoryBytes, cpuMs } = limits;
  const { language } = installed;
  const values: TemplateValues = { source: program.entrypoint, files, flags, args, memoryBytes };
  return {
    dataLimitBytes: limitsDataPerProcess ? memoryBytes + language.reservedBytes : null,
    cpuLimitSeconds: Math.ceil(cpuMs / 1_000) + 1,
    environment: { ...usualVariables(environment, memoryBytes), ...variables, ...program.env },
    argv: fillTemplate(language, template, values),
  };
};

/** How a source is compiled; its two streams are one. */
export const compileOrders = (
  job: LanguageJob,
  compile: readonly string[],
  files: Iterable<string>,
): Omit<Orders, "stdin" | "inputs"> => {
  const { flags, limits } = job.order.compile ?? { flags: [], limits: null };
  if (limits === null) throw new Error("the request has no limits for the compile step");
  const { compileEnv } = job.installed.language;
  const phase = { template: compile, variables: compileEnv, limits, files, flags, args: [] };
  return { ...ordersOf(job, phase), outputRoot: ".", furtherLimits: "-s unlimited", joinsStderr: true };
};

/** Limits beside memory and time; recursion is bounded by the memory unless a stack was asked for. */
const furtherLimits = ({ stackBytes, processes, fileBytes }: LanguageOrder): string => {
  const inKib = (bytes: number): number => Math.ceil(bytes / KIB);
  return [
    `-s ${stackBytes === null ? "unlimited" : inKib(stackBytes)}`,
    ...(processes === null ? [] : [`-u ${processes}`]),
    ...(fileBytes === null ? [] : [`-f ${inKib(fileBytes)}`]),
  ].join(" ");
};

/** How the program is run once it is compiled, or at once where nothing is. */
export const runOrders = (
  job: LanguageJob,
  run: { readonly limits: PhaseLimits; readonly args: readonly string[]; readonly outputRoot: string },
  files: Iterable<string>,
): Omit<Orders, "stdin" | "inputs"> => {
  const { language } = job.installed;
  const { limits, args, outputRoot } = run;
  const phase = { template: language.run, variables: language.runEnv, limits, files, flags: [], args };
  return {
    ...ordersOf(job, phase),
    outputRoot,
    furtherLimits: furtherLimits(job.order),
    joinsStderr: job.order.joinsStderr || job.program.mergesOutput === true,
  };
};
