import { UPLOAD_LIMITS, type UploadEntry } from "../../uploads/index.ts";
import { caseFieldsOf, casesSchema, mergedJudging, NO_JUDGING } from "../judging/fields.ts";
import { isJudged } from "../judging/order.ts";
import { parseStrictJson } from "../strict-json.ts";
import { findFile, resolveEntrypoint } from "./entrypoint.ts";
import {
  type FieldsOutcome,
  fieldErrors,
  parseManifestText,
  refusedField,
  withDefaults,
} from "./manifest.ts";
import type { FieldError, ManifestFields, ResolvedRun, RunOutcome } from "./types.ts";

const JOB_FILE = "job.json";

const NOTHING: ManifestFields = {
  entrypoint: null,
  interpreter: null,
  environment: null,
  args: null,
  env: null,
  outputs: null,
  timeoutSeconds: null,
  memoryMb: null,
  cpuSeconds: null,
  stdin: null,
  unpack: null,
  normalize: false,
  module: null,
  mergeOutput: null,
  graceSeconds: null,
  keepOutputs: null,
  webhookUrl: null,
  requirements: null,
  judging: NO_JUDGING,
  warnings: [],
};

/** job.json's entrypoint and interpreter go first; what else it says fills in what the manifest left empty. */
const merge = (part: ManifestFields, file: ManifestFields): ManifestFields => ({
  entrypoint: file.entrypoint,
  interpreter: file.interpreter ?? part.interpreter,
  environment: part.environment || file.environment,
  args: part.args?.length ? part.args : file.args,
  env: part.env ?? file.env,
  outputs: part.outputs?.length ? part.outputs : file.outputs,
  timeoutSeconds: part.timeoutSeconds ?? file.timeoutSeconds,
  memoryMb: part.memoryMb ?? file.memoryMb,
  cpuSeconds: part.cpuSeconds ?? file.cpuSeconds,
  stdin: part.stdin ?? file.stdin,
  // How files are read is settled before job.json is.
  unpack: part.unpack,
  normalize: part.normalize,
  mergeOutput: part.mergeOutput ?? file.mergeOutput,
  graceSeconds: part.graceSeconds ?? file.graceSeconds,
  keepOutputs: part.keepOutputs ?? file.keepOutputs,
  webhookUrl: part.webhookUrl ?? file.webhookUrl,
  requirements: part.requirements ?? file.requirements,
  module: file.entrypoint === null ? (file.module ?? part.module) : file.module,
  judging: mergedJudging(part.judging, file.judging),
  warnings: [...part.warnings, ...file.warnings],
});

/** A project may have a job.json of its own: what is wrong in it counts where it names a program. */
const saysWhatToRun = (text: string): boolean => {
  const json = parseStrictJson(text);
  if (json.kind !== "value") return false;
  const { value } = json;
  return typeof value === "object" && value !== null && ("entrypoint" in value || "interpreter" in value);
};

const withJobFile = async (
  part: ManifestFields,
  entries: readonly UploadEntry[],
  readText: (entry: UploadEntry) => Promise<string>,
): Promise<FieldsOutcome> => {
  const found = findFile(
    [JOB_FILE],
    entries.map((entry) => entry.path),
  );
  const entry = entries.find((candidate) => candidate.path === found?.tarPath);
  if (entry === undefined) return { kind: "ok", fields: part };
  if (entry.sizeBytes > UPLOAD_LIMITS.manifestBytes) return { kind: "ok", fields: part };
  const text = await readText(entry);
  const file = parseManifestText(text, JOB_FILE);
  if (file.kind === "ok") return { kind: "ok", fields: merge(part, file.fields) };
  if (!saysWhatToRun(text)) return { kind: "ok", fields: part };
  const inFile = ({ field, message }: FieldError) => ({
    field: field === "" ? JOB_FILE : `${JOB_FILE}.${field}`,
    message,
  });
  return { kind: "refused", errors: file.errors.map(inFile) };
};

/** Both texts of 8 MiB of cases, as base64 or with every byte escaped. */
const CASES_FILE_BYTES = 16 * 1_048_576;

/** Cases that lie in a file of the upload, as if the manifest had them. */
const withCasesFile = async (
  fields: ManifestFields,
  entries: readonly UploadEntry[],
  readText: (entry: UploadEntry) => Promise<string>,
): Promise<FieldsOutcome> => {
  const { casesFile, cases } = fields.judging;
  if (casesFile === null) return { kind: "ok", fields };
  if (cases !== null) return refusedField("cases_file", "stands beside cases; give one of them");
  const paths = entries.map((entry) => entry.path);
  const found = findFile([casesFile], paths);
  const entry = entries.find(({ path }) => path === found?.tarPath);
  if (entry === undefined) return refusedField("cases_file", "is no file of the upload");
  if (entry.sizeBytes > CASES_FILE_BYTES)
    return refusedField("cases_file", `must have at most ${CASES_FILE_BYTES} bytes`);
  const json = parseStrictJson(await readText(entry));
  if (json.kind !== "value") return refusedField("cases_file", "is not valid JSON");
  const parsed = casesSchema.safeParse(json.value);
  if (parsed.success)
    return {
      kind: "ok",
      fields: { ...fields, judging: { ...fields.judging, cases: caseFieldsOf(parsed.data) } },
    };
  const inFile = ({ field, message }: FieldError) => ({ field: `cases.${field}`, message });
  return { kind: "refused", errors: fieldErrors(parsed.error).map(inFile) };
};

/** What a judged program must not find beside itself: the files that say what is expected of it. */
const hiddenOf = ({ manifest, stripComponents }: ResolvedRun, paths: readonly string[]): string[] => {
  if (!isJudged(manifest)) return [];
  const names = [JOB_FILE, ...(manifest.judging.casesFile === null ? [] : [manifest.judging.casesFile])];
  return names
    .flatMap((name) => findFile([name], paths) ?? [])
    .map(({ tarPath }) => (stripComponents === 1 ? tarPath.slice(tarPath.indexOf("/") + 1) : tarPath));
};

/**
 * Settles what an upload runs: the manifest part (null when there was none), else job.json in the upload,
 * which is read only when the part names no entrypoint, else a default file.
 * `readText` gives a file's content from the tar and is called at most once, for at most 1 MiB.
 */
export const resolveRun = async (
  manifestText: string | null,
  entries: readonly UploadEntry[],
  readText: (entry: UploadEntry) => Promise<string>,
): Promise<RunOutcome> => {
  const part: FieldsOutcome =
    manifestText === null ? { kind: "ok", fields: NOTHING } : parseManifestText(manifestText, "The manifest");
  if (part.kind === "refused") return part;
  const merged =
    part.fields.entrypoint === null && part.fields.module === null
      ? await withJobFile(part.fields, entries, readText)
      : part;
  if (merged.kind === "refused") return merged;
  const whole = await withCasesFile(merged.fields, entries, readText);
  if (whole.kind === "refused") return whole;
  const paths = entries.map((entry) => entry.path);
  const run = resolveEntrypoint(withDefaults(whole.fields), paths);
  return run.kind === "refused" ? run : { ...run, hiddenPaths: hiddenOf(run, paths) };
};
