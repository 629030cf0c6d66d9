import type { ProgramFile } from "../../domain/submission/program-source.ts";
import { concatBytes, readUpload } from "../../uploads/index.ts";

/** Of an archive beside a source, unpacked. */
const UNPACKED_BYTES = 10 * 1_048_576;

/** The files of a zip by the rules for every upload, or null for one that is none. */
export const unpackZip = async (zip: Uint8Array<ArrayBuffer>): Promise<readonly ProgramFile[] | null> => {
  const form = new FormData();
  form.append("files", new File([zip], "files.zip"));
  const packed = new Response(form);
  if (packed.body === null) return null;
  const parts: { readonly number: number; readonly bytes: Uint8Array }[] = [];
  const outcome = await readUpload(
    packed.body,
    packed.headers.get("content-type"),
    ({ number, bytes }) => {
      parts.push({ number, bytes: bytes.slice() });
    },
    { unpackedBytes: UNPACKED_BYTES },
  );
  if (outcome.kind === "refused") return null;
  const tar = concatBytes(parts.sort((a, b) => a.number - b.number).map(({ bytes }) => bytes));
  return outcome.entries.map(({ path, sizeBytes, contentOffset }) => ({
    path,
    bytes: tar.subarray(contentOffset, contentOffset + sizeBytes),
  }));
};
