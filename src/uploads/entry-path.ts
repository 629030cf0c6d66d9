import { shown, shownBytes, UploadRefused } from "./refusal.ts";
import type { UploadLimits } from "./types.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Text of a name's bytes; `what` names the place for the refusal. */
export const decodeName = (bytes: Uint8Array, what: string): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new UploadRefused(
      "bad_name",
      `The name ${shownBytes(bytes)} in ${what} is not valid UTF-8; rename the file or encode names as UTF-8`,
    );
  }
};

type PathLimits = Pick<UploadLimits, "folderLevels" | "pathBytes" | "segmentBytes">;

const problem = (raw: string): string | null => {
  if (CONTROL.test(raw)) return "contains control characters";
  // A reader that met broken bytes has put it there: which file was meant, nobody can tell any more.
  if (raw.includes("\ufffd")) return "contains U+FFFD, which stands for a damaged letter; rename the file";
  if (raw.includes("\\")) return 'contains a backslash; separate folders with "/"';
  if (raw.startsWith("/") || /^[A-Za-z]:[\\/]/.test(raw))
    return "is absolute; use a path relative to the job's folder";
  if (/^[A-Za-z]:/.test(raw)) return "begins like a drive of Windows; rename the file";
  if (raw.split("/").includes("..")) return 'leaves the job\'s folder with ".."';
  return null;
};

/** No character takes more than three bytes per UTF-16 unit, so most names need no encoding to be judged. */
const isOver = (text: string, maxBytes: number): boolean =>
  text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes;

const sizeProblem = (segments: readonly string[], folders: number, limits: PathLimits): string | null => {
  if (segments.some((segment) => isOver(segment, limits.segmentBytes)))
    return `has a part longer than ${limits.segmentBytes} bytes`;
  if (isOver(segments.join("/"), limits.pathBytes)) return `is longer than ${limits.pathBytes} bytes`;
  if (folders > limits.folderLevels) return `is more than ${limits.folderLevels} folders deep`;
  return null;
};

export type PathOutcome = { kind: "ok"; path: string } | { kind: "bad"; problem: string };

/**
 * The path relative to the job's folder, without `.` and empty segments; "" is the folder itself. Absolute
 * names, `..`, backslashes, drive letters, control characters and oversized names are bad; `problem` goes
 * after the name in a message.
 */
export const relativePath = (raw: string, isFolder: boolean, limits: PathLimits): PathOutcome => {
  const segments = raw.split("/").filter((segment) => segment !== "" && segment !== ".");
  const namesNoFile = !isFolder && (segments.length === 0 || /(?:^|\/)\.?$/.test(raw));
  const bad =
    problem(raw) ??
    sizeProblem(segments, segments.length - (isFolder ? 0 : 1), limits) ??
    (namesNoFile ? "does not name a file" : null);
  return bad === null ? { kind: "ok", path: segments.join("/") } : { kind: "bad", problem: bad };
};

/** `relativePath` of an upload's entry, or its refusal. */
export const entryPath = (raw: string, isFolder: boolean, limits: PathLimits): string => {
  const outcome = relativePath(raw, isFolder, limits);
  if (outcome.kind === "bad")
    throw new UploadRefused("bad_name", `The name ${shown(raw)} ${outcome.problem}`);
  return outcome.path;
};
