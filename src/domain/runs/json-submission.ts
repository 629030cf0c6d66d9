import { z } from "zod";
import {
  cleanScript,
  concatBytes,
  TAR_END,
  tarHeader,
  tarPadding,
  type UploadEntry,
} from "../../uploads/index.ts";
import { languageById } from "../../wire/languages/registry.ts";
import type { Interpreter } from "../../wire/vocabulary.ts";
import { LANGUAGE_OF } from "../judging/order.ts";
import { sourceNameFor } from "../languages/source-name.ts";
import { resolveEntrypoint } from "./entrypoint.ts";
import { fieldErrors, parseManifestFields, refusedField, withDefaults } from "./manifest.ts";
import type { ManifestFields, Refused, ResolvedRun } from "./types.ts";

/** UTF-8 bytes of `code`; what is larger goes as an upload. */
export const CODE_BYTES = 1024 * 1024;

export type JsonSubmission = {
  kind: "ok";
  run: ResolvedRun;
  /** A canonical tar with the entrypoint alone. */
  tar: Uint8Array;
  entry: UploadEntry;
  /** At most 1 MiB; null when none was given. */
  stdin: Uint8Array | null;
};

const encoder = new TextEncoder();

const utf8UpTo = (maxBytes: number) =>
  z
    .string("must be text")
    .transform((text) => encoder.encode(text))
    .refine((bytes) => bytes.length <= maxBytes, `must have at most ${maxBytes} bytes; send an upload`);

/** The fields beside those of a manifest. */
const submissionSchema = z.object({ code: utf8UpTo(CODE_BYTES) }, "The body must be a JSON object");

const ENTRYPOINTS: Record<Interpreter, string> = {
  python3: "main.py",
  node: "index.js",
  bash: "run.sh",
  sh: "run.sh",
};

const usualName = ({ interpreter, judging }: ManifestFields, code: Uint8Array): string => {
  const language = judging.language === null ? null : languageById(judging.language);
  return language === null
    ? ENTRYPOINTS[interpreter ?? "python3"]
    : sourceNameFor(language, new TextDecoder().decode(code));
};

const isShell = ({ manifest: { interpreter, judging } }: ResolvedRun): boolean =>
  interpreter === "bash" ||
  interpreter === "sh" ||
  judging.language === LANGUAGE_OF.bash ||
  judging.language === LANGUAGE_OF.sh;

/**
 * A submission as plain JSON, `{code, stdin?, ...manifest fields}`, from a value that
 * JSON gave. Without an entrypoint the code is `main.py`, `index.js` or `run.sh`, by the interpreter, or the language's
 * usual file.
 */
export const parseJsonSubmission = (value: unknown): JsonSubmission | Refused => {
  const submission = submissionSchema.safeParse(value);
  const manifest = parseManifestFields(value);
  if (!submission.success) {
    const others = manifest.kind === "refused" ? manifest.errors.filter(({ field }) => field !== "") : [];
    return { kind: "refused", errors: [...fieldErrors(submission.error), ...others] };
  }
  if (manifest.kind === "refused") return manifest;
  if (manifest.fields.judging.casesFile !== null)
    return refusedField("cases_file", "is for an upload with files; give the cases here");
  if (manifest.fields.module !== null) return refusedField("module", "is for an upload with files");
  const { stdin } = manifest.fields;
  const path = manifest.fields.entrypoint ?? usualName(manifest.fields, submission.data.code);
  const given = submission.data.code;
  const run = resolveEntrypoint(withDefaults({ ...manifest.fields, entrypoint: path }), [path]);
  if (run.kind === "refused") return run;
  const code = run.manifest.normalize === true && isShell(run) ? cleanScript(given) : given;
  const header = tarHeader({ path, kind: "file", sizeBytes: code.length });
  return {
    kind: "ok",
    run,
    tar: concatBytes([header, code, tarPadding(code.length), TAR_END]),
    entry: { path, sizeBytes: code.length, contentOffset: header.length },
    stdin: stdin === null ? null : encoder.encode(stdin),
  };
};
