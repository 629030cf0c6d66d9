import { parseStrictJson } from "../strict-json.ts";
import type { UploadEntry } from "../uploads/types.ts";
import { UPLOAD_LIMITS } from "../uploads/types.ts";
import { findFile, resolveEntrypoint } from "./entrypoint.ts";
import { type FieldsOutcome, parseManifestText, withDefaults } from "./manifest.ts";
import type { FieldError, ManifestFields, RunOutcome } from "./types.ts";

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

/**
 * Settles what an upload runs: the manifest part (null when there was none), else job.json in the upload,
 * which is read only when the part names no entrypoint, else a default file (contract runs.md section 3).
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
  const whole = part.fields.entrypoint === null ? await withJobFile(part.fields, entries, readText) : part;
  if (whole.kind === "refused") return whole;
  return resolveEntrypoint(
    withDefaults(whole.fields),
    entries.map((entry) => entry.path),
  );
};
