import { NO_INSTRUCTIONS, type UploadInstructions } from "../../uploads/index.ts";
import { parseManifestText } from "./manifest.ts";

const SCRIPT = /\.(?:sh|bash)$/i;

/**
 * What a manifest asks of the files beside it. `normalize` cleans what a shell would run: files by their ending,
 * and the entrypoint where the manifest says that a shell runs it.
 */
export const instructionsOf = (manifest: string): UploadInstructions => {
  const parsed = parseManifestText(manifest, "The manifest");
  // What is wrong with it is said where it is read for good.
  if (parsed.kind === "refused") return NO_INSTRUCTIONS;
  const { unpack, normalize, entrypoint, interpreter } = parsed.fields;
  const isShell = interpreter === "bash" || interpreter === "sh";
  const isEntrypoint = (path: string): boolean =>
    isShell && entrypoint !== null && (path === entrypoint || path.endsWith(`/${entrypoint}`));
  const scripts = normalize ? (path: string) => SCRIPT.test(path) || isEntrypoint(path) : null;
  return { unpack, scripts };
};
