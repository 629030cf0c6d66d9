/** What Finder and Windows leave in archives for themselves; no program asks for it. */
const NAMES = new Set([".DS_Store", "Icon\r", "Thumbs.db", "desktop.ini"]);
const FOLDERS = new Set(["__MACOSX"]);

/** Whether a name is a system's metadata beside the files (`._x`, `.DS_Store`, `__MACOSX/`), which is left out. */
export const isLitter = (rawPath: string): boolean => {
  const segments = rawPath.split("/").filter((segment) => segment !== "");
  const last = segments.at(-1) ?? "";
  return last.startsWith("._") || NAMES.has(last) || segments.some((segment) => FOLDERS.has(segment));
};
