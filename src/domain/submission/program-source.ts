import { concatBytes, TAR_END, tarHeader, tarPadding, type UploadEntry } from "../../uploads/index.ts";
import type { RunManifest, RunOutcome } from "../runs/types.ts";
import type { SubmissionSource } from "./source.ts";

/** A file of a program that is submitted piece by piece. */
export type ProgramFile = { readonly path: string; readonly bytes: Uint8Array };

type Extras = Pick<Extract<RunOutcome, { kind: "ok" }>, "restrictions" | "keep" | "isInteractive">;

/** A program whose files and manifest are known, with what only a door can ask for. */
export const programSource =
  (manifest: RunManifest, files: readonly ProgramFile[], extras: Extras): SubmissionSource =>
  async (emit) => {
    const entries: UploadEntry[] = [];
    const parts: Uint8Array[] = [];
    let bytes = 0;
    const put = (part: Uint8Array): void => {
      parts.push(part);
      bytes += part.length;
    };
    for (const { path, bytes: content } of files) {
      put(tarHeader({ path, kind: "file", sizeBytes: content.length }));
      entries.push({ path, sizeBytes: content.length, contentOffset: bytes });
      put(content);
      put(tarPadding(content.length));
    }
    put(TAR_END);
    await emit({ number: 1, bytes: concatBytes(parts), isLast: true });
    return {
      kind: "ok",
      entries,
      tarBytes: bytes,
      executables: null,
      stdin: null,
      rest: "",
      resolve: () =>
        Promise.resolve({
          kind: "ok",
          manifest,
          stripComponents: 0,
          tarPath: manifest.entrypoint,
          ...extras,
        }),
    };
  };
