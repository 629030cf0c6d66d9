import type { UploadEntry } from "../uploads/types.ts";
import { UPLOAD_LIMITS } from "../uploads/types.ts";
import { findFile, resolveEntrypoint } from "./entrypoint.ts";
import { type FieldsOutcome, parseManifestText, refusedField, withDefaults } from "./manifest.ts";
import type { ManifestFields, RunOutcome } from "./types.ts";

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
});

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
  if (entry.sizeBytes > UPLOAD_LIMITS.manifestBytes)
    return refusedField(JOB_FILE, `is over ${UPLOAD_LIMITS.manifestBytes} bytes`);
  const file = parseManifestText(await readText(entry), JOB_FILE);
  if (file.kind === "ok") return { kind: "ok", fields: merge(part, file.fields) };
  const inFile = ({ field, message }: { field: string; message: string }) => ({
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
