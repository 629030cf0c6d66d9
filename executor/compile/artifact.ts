import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { guardArchive } from "../archive-guard.ts";
import { outputPath } from "../archive-path.ts";
import { noteWork } from "../loop-watch.ts";
import { readTar, type TarEntry } from "../tar.ts";
import { draftTree, type FileTree, type NextPath, type TreeDraft } from "./file-tree.ts";

const MIB = 1024 * 1024;
/** What a compile step may leave, its sources included. */
export const ARTIFACT_BYTES = 64 * MIB;
export const ARTIFACT_FILES = 2_000;
/** Entries that are none of these (links, pipes, odd names) are left out, but looked at. */
const ARTIFACT_ENTRIES = 4 * ARTIFACT_FILES;

export type Artifact =
  | { readonly kind: "tree"; readonly tree: FileTree }
  | { readonly kind: "too_large" | "broken" };

class TooLarge extends Error {}

/** Puts entries into a tree as long as it stays within the caps. */
const createTaker = (draft: TreeDraft) => {
  const files = new Map<string, { sizeBytes: number; sha256: string; mode: number }>();
  const folders = new Set<string>();
  let entries = 0;
  let bytes = 0;
  const takeFile = async (path: string, { sizeBytes, mode, content }: TarEntry): Promise<void> => {
    if (files.has(path)) return;
    bytes += sizeBytes;
    if (bytes > ARTIFACT_BYTES || files.size >= ARTIFACT_FILES) throw new TooLarge();
    const hash = createHash("sha256");
    const hashed = async function* () {
      for await (const chunk of content) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const kept = (mode & 0o100) === 0 ? 0o644 : 0o755;
    await draft.writer.addFile(path, { sizeBytes, mode: kept }, hashed());
    files.set(path, { sizeBytes, sha256: hash.digest("hex"), mode: kept });
  };
  return {
    files,
    take: async (entry: TarEntry): Promise<void> => {
      noteWork("reading an artifact");
      entries += 1;
      if (entries > ARTIFACT_ENTRIES) throw new TooLarge();
      const path = outputPath(entry.name);
      if (path === null) return;
      if (entry.type === "file") return takeFile(path, entry);
      if (entry.type !== "directory" || folders.has(path)) return;
      folders.add(path);
      draft.writer.addFolder(path);
    },
  };
};

/**
 * Reads the folder that a compile step leaves: plain files and folders with harmless names. The archive comes
 * from a sandbox that may have been turned against its launcher, so nothing of it is taken as it is; one that is
 * cut off is `broken`.
 */
export const readArtifact = async (archive: Readable, nextPath: NextPath): Promise<Artifact> => {
  const draft = draftTree(nextPath);
  const taker = createTaker(draft);
  let isRefused = false;
  try {
    const guarded = guardArchive(archive, () => {
      isRefused = true;
    });
    for await (const entry of readTar(guarded, "latin1")) await taker.take(entry);
    if (isRefused) throw new Error("the archive is none of the sandbox's");
    await draft.writer.finish();
    return { kind: "tree", tree: draft.done(taker.files) };
  } catch (error) {
    await draft.abort();
    // A failing disk is the executor's own trouble.
    if (error instanceof Error && "syscall" in error) throw error;
    return { kind: error instanceof TooLarge ? "too_large" : "broken" };
  } finally {
    archive.destroy();
  }
};
