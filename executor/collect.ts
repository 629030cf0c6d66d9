import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AttemptLimits } from "../src/wire/attempt.ts";
import type { OutputFile } from "../src/wire/report.ts";
import { outputPath } from "./archive-path.ts";
import type { LaidOut } from "./prepare.ts";
import { readTar, type TarEntry } from "./tar.ts";

const HEADER_ALLOWANCE_BYTES = 64 * 1024 * 1024;

/** An output with the executor's own copy of its content. */
export interface Collected {
  readonly file: OutputFile;
  readonly spoolPath: string;
}

export interface Collection {
  readonly outputs: readonly Collected[];
  readonly dropped: number;
}

/** A private folder for one attempt's outputs, made when the first one comes; names in it are numbers. */
export const createSpool = () => {
  let folder: Promise<string> | null = null;
  let count = 0;
  return {
    nextPath: async (): Promise<string> => {
      folder ??= mkdtemp(join(tmpdir(), "sandpiper-outputs-"));
      count += 1;
      return join(await folder, String(count));
    },
    clear: async (): Promise<void> => {
      if (folder !== null) await rm(await folder, { recursive: true, force: true });
    },
  };
};
export type Spool = ReturnType<typeof createSpool>;

const spoolEntry = async (entry: TarEntry, path: string): Promise<string> => {
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of entry.content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createWriteStream(path, { flags: "wx", mode: 0o600 }));
  return hash.digest("hex");
};

/** Ends a stream that is longer than anything an honest job could have packed. */
const bounded = async function* (source: Readable, capBytes: number): AsyncGenerator<Uint8Array> {
  let seenBytes = 0;
  for await (const chunk of source) {
    if (!Buffer.isBuffer(chunk)) throw new Error("the archive stream carries text");
    seenBytes += chunk.length;
    if (seenBytes > capBytes) return;
    yield chunk;
  }
};

/** What is kept so far, and whether one more file fits. */
const createShelf = (limits: AttemptLimits, inputs: LaidOut, root: string) => {
  const outputs = new Map<string, Collected>();
  let totalBytes = 0;
  const inputAt = (path: string) => inputs.get(root === "." ? path : `${root}/${path}`);
  return {
    outputs,
    fits: (path: string, sizeBytes: number): boolean =>
      !outputs.has(path) &&
      outputs.size < limits.outputFiles &&
      sizeBytes <= limits.outputFileBytes &&
      totalBytes + sizeBytes <= limits.outputTotalBytes,
    /** An input of the same size: only its hash tells whether it is an output. */
    mayBeUnchanged: (path: string, sizeBytes: number): boolean => inputAt(path)?.sizeBytes === sizeBytes,
    isUnchanged: (file: OutputFile): boolean => {
      const input = inputAt(file.path);
      return input?.sizeBytes === file.sizeBytes && input.sha256 === file.sha256;
    },
    keep: (collected: Collected): void => {
      outputs.set(collected.file.path, collected);
      totalBytes += collected.file.sizeBytes;
    },
  };
};
type Shelf = ReturnType<typeof createShelf>;

/** Whether the entry counts as dropped. */
const takeEntry = async (entry: TarEntry, shelf: Shelf, spool: Spool): Promise<boolean> => {
  if (entry.type === "directory") return false;
  const path = entry.type === "file" ? outputPath(entry.name) : null;
  if (path === null) return true;
  if (!shelf.fits(path, entry.sizeBytes) && !shelf.mayBeUnchanged(path, entry.sizeBytes)) return true;
  const spoolPath = await spool.nextPath();
  const sha256 = await spoolEntry(entry, spoolPath);
  const file = { path, sizeBytes: entry.sizeBytes, sha256 };
  const isOutput = !shelf.isUnchanged(file);
  const isKept = isOutput && shelf.fits(path, entry.sizeBytes);
  if (isKept) shelf.keep({ file, spoolPath });
  else await rm(spoolPath);
  return isOutput && !isKept;
};

/** A file operation of the executor's own; everything else that fails here is the archive. */
const isOwnFailure = (error: unknown): boolean => error instanceof Error && "syscall" in error;

/**
 * Reads the archive that the sandbox packs (contract sandbox.md section 9). Only plain files with harmless
 * names are kept, up to the caps; everything else is counted. A stream that is cut off or forged costs the
 * job its further outputs and the executor nothing; a failing disk of the executor throws.
 */
export const collectOutputs = async (
  archive: Readable,
  request: { readonly limits: AttemptLimits; readonly inputs: () => LaidOut; readonly root: string },
  spool: Spool,
): Promise<Collection> => {
  const { limits } = request;
  const capBytes = 2 * Math.max(limits.workspaceBytes, limits.outputTotalBytes) + HEADER_ALLOWANCE_BYTES;
  let shelf: Shelf | null = null;
  let dropped = 0;
  try {
    for await (const entry of readTar(bounded(archive, capBytes))) {
      shelf ??= createShelf(limits, request.inputs(), request.root);
      if (await takeEntry(entry, shelf, spool)) dropped += 1;
    }
  } catch (error) {
    if (isOwnFailure(error)) throw error;
    dropped += 1;
  } finally {
    archive.destroy();
  }
  return { outputs: [...(shelf?.outputs.values() ?? [])], dropped };
};
