import type { ProjectFile } from "./project.ts";

/** A larger text is sent as it is, without being shown in the editor. */
const EDITED_BYTES = 512 * 1024;

const textOf = async (file: Blob): Promise<string | null> => {
  if (file.size > EDITED_BYTES) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
};

/** A file for the project: one that is text can be edited. */
export const projectFile = async (path: string, file: Blob): Promise<ProjectFile> => {
  const text = await textOf(file);
  return text === null ? { path, blob: file } : { path, text };
};

/** A folder hands over its entries in parts, and an empty part at the end. */
const entriesOf = async (folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return all;
    all.push(...part);
  }
};

const filesBelow = async (entry: FileSystemEntry): Promise<{ path: string; file: File }[]> => {
  if (entry.isDirectory) {
    const entries = await entriesOf(entry as FileSystemDirectoryEntry);
    return (await Promise.all(entries.map(filesBelow))).flat();
  }
  const file = await new Promise<File>((resolve, reject) =>
    (entry as FileSystemFileEntry).file(resolve, reject),
  );
  return [{ path: entry.fullPath.replace(/^\//, ""), file }];
};

/** Folders that tools make and no program needs. */
const LEFT_OUT = /(^|\/)(node_modules|\.git|__pycache__|\.venv)\//;

/** The files of a drop, those of folders under the folder's name. */
export const droppedFiles = async (transfer: DataTransfer): Promise<ProjectFile[]> => {
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.webkitGetAsEntry();
    return entry === null ? [] : [entry];
  });
  const found = (await Promise.all(entries.map(filesBelow))).flat();
  const wanted = found.filter(({ path }) => !LEFT_OUT.test(path));
  return Promise.all(wanted.map(({ path, file }) => projectFile(path, file)));
};

/** The files of a file chooser, of a chosen folder under its name. */
export const chosenFiles = async (list: readonly File[]): Promise<ProjectFile[]> => {
  const wanted = list.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return Promise.all(
    wanted.filter(({ path }) => !LEFT_OUT.test(path)).map(({ path, file }) => projectFile(path, file)),
  );
};
