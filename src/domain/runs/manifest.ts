import type { z } from "zod";
import { judgingFieldsOf } from "../judging/fields.ts";
import { parseStrictJson } from "../strict-json.ts";
import { CPU_SECONDS, MEMORY_MB, manifestSchema, TIMEOUT_SECONDS } from "./manifest-fields.ts";
import type { FieldError, Manifest, ManifestFields, Refused } from "./types.ts";
import { unknownMembers } from "./unknown-members.ts";

export type FieldsOutcome = { kind: "ok"; fields: ManifestFields } | Refused;

const MAX_ERRORS = 20;

/** Zod's issues as field errors, at most 20 of them. */
export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues
    .slice(0, MAX_ERRORS)
    .map(({ path, message }) => ({ field: path.map(String).join("."), message }));

export const refusedField = (field: string, message: string): Refused => ({
  kind: "refused",
  errors: [{ field, message }],
});

/** `code` is a member of the JSON form alone, which checks it. */
const KNOWN = new Set([...Object.keys(manifestSchema.shape), "code"]);

const toFields = (given: z.infer<typeof manifestSchema>, warnings: readonly string[]): ManifestFields => ({
  entrypoint: given.entrypoint ?? null,
  interpreter: given.interpreter ?? null,
  environment: given.environment ?? null,
  args: given.args ?? null,
  env: given.env ?? null,
  outputs: given.outputs ?? null,
  timeoutSeconds: given.timeout ?? null,
  memoryMb: given.memory_mb ?? null,
  cpuSeconds: given.cpu_seconds ?? null,
  stdin: given.stdin ?? null,
  unpack: given.unpack ?? null,
  normalize: given.normalize ?? false,
  module: given.module ?? null,
  mergeOutput: given.merge_output ?? null,
  graceSeconds: given.grace_seconds ?? null,
  keepOutputs: given.keep_outputs ?? null,
  webhookUrl: given.webhook_url ?? null,
  requirements: given.requirements ?? null,
  judging: judgingFieldsOf(given),
  warnings,
});

/** A manifest from a value that JSON gave, capped, or what is wrong field by field. */
export const parseManifestFields = (value: unknown): FieldsOutcome => {
  const parsed = manifestSchema.safeParse(value);
  const { errors, warnings } = unknownMembers(value, KNOWN);
  if (!parsed.success) return { kind: "refused", errors: [...errors, ...fieldErrors(parsed.error)] };
  return errors.length > 0
    ? { kind: "refused", errors }
    : { kind: "ok", fields: toFields(parsed.data, warnings) };
};

/** The same from a JSON text; `what` names it in the refusal of one that is not JSON. */
export const parseManifestText = (text: string, what: string): FieldsOutcome => {
  const json = parseStrictJson(text);
  if (json.kind === "inexact") return refusedField(json.path.join("."), json.problem);
  if (json.kind !== "value") return refusedField("", `${what} is not valid JSON`);
  return parseManifestFields(json.value);
};

/** What was not given has its default. */
export const withDefaults = (fields: ManifestFields): Manifest => ({
  entrypoint: fields.entrypoint,
  interpreter: fields.interpreter,
  environment: fields.environment ?? "",
  args: fields.args ?? [],
  env: fields.env ?? {},
  outputs: fields.outputs ?? [],
  timeoutSeconds: fields.timeoutSeconds ?? TIMEOUT_SECONDS.initial,
  memoryMb: fields.memoryMb ?? MEMORY_MB.initial,
  cpuSeconds: fields.cpuSeconds ?? CPU_SECONDS.initial,
  stdin: fields.stdin,
  normalize: fields.normalize,
  module: fields.module,
  mergeOutput: fields.mergeOutput ?? false,
  graceSeconds: fields.graceSeconds ?? 0,
  keepOutputs: fields.keepOutputs ?? false,
  webhookUrl: fields.webhookUrl,
  requirements: fields.requirements ?? [],
  judging: fields.judging,
  warnings: fields.warnings,
});

/** The refusal of an environment that does not exist, with the list; "" and `default` always do. */
export const refuseEnvironment = (environment: string, known: readonly string[]): Refused | null => {
  if (environment === "" || environment === "default" || known.includes(environment)) return null;
  const names = [...new Set(["default", ...known])].sort().join(", ");
  const how = "`npm run environments` on the executor's host builds others";
  return refusedField("environment", `must be one of ${names}; ${how}`);
};
