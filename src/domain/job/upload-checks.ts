import type { InputFile, UploadPart, UploadPlan } from "./record.ts";

const FIRST_CHECK_MS = 1_500;
const LONGEST_GAP_MS = 10 * 60_000;

/** The first look at the bucket: soon, for an upload that follows at once. */
export const firstCheckMs = (createdAtMs: number): number => createdAtMs + FIRST_CHECK_MS;

/** Further looks come at growing intervals: half the job's age, at most ten minutes. */
export const nextCheckMs = (createdAtMs: number, now: number): number =>
  now + Math.min(LONGEST_GAP_MS, Math.max(FIRST_CHECK_MS, Math.ceil((now - createdAtMs) / 2)));

/** What the bucket holds under a part's key; null when nothing is there. */
export type UploadedObject = {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly contentType: string;
};

export type UploadVerdict =
  | { readonly kind: "incomplete"; readonly missing: readonly string[] }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "complete"; readonly files: readonly InputFile[] };

const mediaType = (contentType: string): string => (contentType.split(";")[0] ?? "").trim().toLowerCase();

const problemOf = (part: UploadPart, object: UploadedObject): string | null => {
  if (object.sizeBytes > part.maxBytes) {
    return `${part.name} has ${object.sizeBytes} bytes; at most ${part.maxBytes} are allowed`;
  }
  const { sizeBytes } = part.signed ?? {};
  if (sizeBytes !== undefined && object.sizeBytes !== sizeBytes)
    return `${part.name} has ${object.sizeBytes} bytes; ${sizeBytes} were named`;
  const type = mediaType(object.contentType);
  if (type === "multipart/form-data") {
    return `${part.name} was uploaded as a form (multipart/form-data); PUT the file's bytes themselves`;
  }
  if (part.contentTypes.length === 0 || part.contentTypes.includes(type)) return null;
  return `${part.name} was uploaded as ${type.slice(0, 100)}; allowed are ${part.contentTypes.join(", ")}`;
};

/** Judges what was uploaded so far; `objects` goes with the plan's parts. */
export const judgeUploads = (
  plan: UploadPlan,
  objects: readonly (UploadedObject | null)[],
): UploadVerdict => {
  const missing: string[] = [];
  const files: InputFile[] = [];
  for (const [index, part] of plan.parts.entries()) {
    const object = objects[index] ?? null;
    const problem = object === null ? null : problemOf(part, object);
    if (problem !== null) return { kind: "refused", message: problem };
    if (object !== null) files.push({ name: part.name, key: part.key, ...object });
    else if (part.isRequired) missing.push(part.name);
  }
  return missing.length > 0 ? { kind: "incomplete", missing } : { kind: "complete", files };
};
