import { z } from "zod";
import type { UploadPart } from "../job/record.ts";
import type { Workload } from "./types.ts";

/** What a client says beforehand that it will upload; its URL then takes nothing else. */
export type UploadPromise = NonNullable<UploadPart["signed"]>;
export type UploadPromises = Readonly<Record<string, UploadPromise>>;

const promise = z.strictObject({
  content_type: z
    .string()
    .max(200)
    .regex(/^[\w.+-]+\/[\w.+-]+(?: *;[\x20-\x7e]*)?$/, { error: "must be a media type" })
    .optional(),
  size_bytes: z.int().nonnegative().optional(),
});
/** The member `uploads` of a new job: what comes by the name of its part. */
export const uploadPromises = z.record(z.string(), promise);

type Problem = { readonly field: string; readonly message: string };
type Outcome =
  | { readonly kind: "ok"; readonly promises: UploadPromises }
  | { readonly kind: "refused"; readonly errors: readonly Problem[] };

const mediaType = (text: string): string => (text.split(";")[0] ?? "").trim().toLowerCase();

const problemsOf = (workload: Workload, name: string, given: z.infer<typeof promise>): Problem[] => {
  const part = workload.inputs.find((input) => input.name === name);
  if (part === undefined) return [{ field: `uploads.${name}`, message: "is no part of this workload" }];
  const { content_type: type, size_bytes: size = 0 } = given;
  const isFit = type === undefined || part.contentTypes.length === 0;
  return [
    ...(isFit || part.contentTypes.includes(mediaType(type))
      ? []
      : [
          {
            field: `uploads.${name}.content_type`,
            message: `must be one of ${part.contentTypes.join(", ")}`,
          },
        ]),
    ...(size <= part.maxBytes
      ? []
      : [{ field: `uploads.${name}.size_bytes`, message: `must be at most ${part.maxBytes}` }]),
  ];
};

/** Reads the member `uploads` of a new job's body; without one nothing is promised. */
export const readPromises = (workload: Workload, given: unknown): Outcome => {
  if (given === undefined) return { kind: "ok", promises: {} };
  const parsed = uploadPromises.safeParse(given);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({
      field: ["uploads", ...path.map(String)].join("."),
      message,
    }));
    return { kind: "refused", errors };
  }
  const entries = Object.entries(parsed.data);
  const errors = entries.flatMap(([name, one]) => problemsOf(workload, name, one));
  if (errors.length > 0) return { kind: "refused", errors };
  const promises = entries.map(([name, { content_type: contentType, size_bytes: sizeBytes }]) => [
    name,
    {
      ...(contentType === undefined ? {} : { contentType }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    },
  ]);
  return { kind: "ok", promises: Object.fromEntries(promises) };
};

const UNNAMED_BYTES = 100 * 1_048_576;

/** What a job's uploads count for until they are there: what was named of each part, else 100 MiB. */
export const promisedBytes = ({ inputs }: Workload, promises: UploadPromises): number =>
  inputs.reduce((total, { name, maxBytes }) => {
    const named = Object.hasOwn(promises, name) ? promises[name]?.sizeBytes : undefined;
    return total + (named ?? Math.min(UNNAMED_BYTES, maxBytes));
  }, 0);
