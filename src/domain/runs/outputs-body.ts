import type { OutputFile } from "../../wire/report.ts";
import type { JobSnapshot } from "../job/record.ts";
import { statusWord } from "../status-words.ts";
import { fileCategory, formatSize, mimeType } from "./output-kinds.ts";
import { selectedOutputs } from "./status-body.ts";

/** A path for an address, its slashes kept. */
export const encodedPath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** A file as itself; a top folder with the files below it, named relative to it. */
const documentedEntries = (files: readonly OutputFile[]) => {
  const folders = new Map<string, string[]>();
  const entries: object[] = [];
  for (const file of files) {
    const slash = file.path.indexOf("/");
    if (slash < 0) {
      entries.push({ path: file.path, size_bytes: file.sizeBytes, type: "file" });
      continue;
    }
    const folder = file.path.slice(0, slash + 1);
    const below = folders.get(folder);
    if (below !== undefined) below.push(file.path.slice(slash + 1));
    else {
      const members = [file.path.slice(slash + 1)];
      folders.set(folder, members);
      entries.push({ path: folder, type: "directory", files: members });
    }
  }
  return entries;
};

/** Body of `GET /outputs/{id}`: what the clients read, what the documents show, and rich objects. */
export const outputsBody = (snapshot: JobSnapshot) => {
  const files = selectedOutputs(snapshot);
  return {
    job_id: snapshot.id,
    status: statusWord("runs", snapshot.state),
    total_files: files.length,
    files: files.map((file) => file.path),
    outputs: documentedEntries(files),
    file_details: files.map((file) => ({
      name: file.path,
      size: file.sizeBytes,
      size_formatted: formatSize(file.sizeBytes),
      type: fileCategory(file.path),
      mime_type: mimeType(file.path),
      sha256: file.sha256,
      download_url: `/download/${snapshot.id}/${encodedPath(file.path)}`,
    })),
  };
};
