import { CanonicalTar } from "./canonical-tar.ts";
import { UploadRefused } from "./refusal.ts";
import { type EmitTarPart, UPLOAD_LIMITS, type UploadOutcome } from "./types.ts";

export type NamedBytes = { readonly path: string; readonly bytes: Uint8Array };

/** Makes the canonical tar of files that are in memory, under the same rules as those of an upload. */
export const packFiles = async (
  files: readonly NamedBytes[],
  manifest: string | null,
  emit: EmitTarPart,
): Promise<UploadOutcome> => {
  const tar = new CanonicalTar(emit, UPLOAD_LIMITS);
  try {
    for (const { path, bytes } of files) {
      const chunks = [bytes];
      await tar.addFile(path, async () => chunks.shift() ?? null);
    }
    if (tar.entries.length === 0) throw new UploadRefused("no_files", "There are no files");
    await tar.finish();
    const { entries, executables, tarBytes } = tar;
    return { kind: "ok", manifest, entries, executables, tarBytes };
  } catch (error) {
    if (error instanceof UploadRefused) return error.refusal;
    throw error;
  }
};
