import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AttemptLimits } from "../src/wire/attempt.ts";
import { DROPPED_NAMED, type DroppedOutput, type DropReason, type OutputFile } from "../src/wire/report.ts";
import { guardArchive } from "./archive-guard.ts";
import { lossyName, outputPath, shownPath } from "./archive-path.ts";
import { noteWork } from "./loop-watch.ts";
import type { LaidOut } from "./prepare.ts";
import { readTar, type TarEntry } from "./tar.ts";

const HEADER_ALLOWANCE_BYTES = 64 * 1024 * 1024;
/** Smaller content is looked at in memory, and written only where it is kept. */
const SMALL_BYTES = 64 * 1024;

/** An output with the executor's own copy of its content. */
export interface Collected {
  readonly file: OutputFile;
  readonly spoolPath: string;
}

export interface Collection {
  readonly outputs: readonly Collected[];
  readonly dropped: number;
  /** The first of what was dropped. */
  readonly named: readonly DroppedOutput[];
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

/** An entry's content by its hash, and how to have it as a file at the end. */
interface Content {
  readonly sha256: string;
  keep(): Promise<string>;
  drop(): Promise<void>;
}

const smallContent = async (entry: TarEntry, spool: Spool): Promise<Content> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    sha256: createHash("sha256").update(bytes).digest("hex"),
    keep: async () => {
      const path = await spool.nextPath();
      await writeFile(path, bytes, { flag: "wx", mode: 0o600 });
      return path;
    },
    drop: () => Promise.resolve(),
  };
};

const spooledContent = async (entry: TarEntry, spool: Spool): Promise<Content> => {
  const path = await spool.nextPath();
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of entry.content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, createWriteStream(path, { flags: "wx", mode: 0o600 }));
  return { sha256: hash.digest("hex"), keep: () => Promise.resolve(path), drop: () => rm(path) };
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
  /** Each input is compared once, so that the work is bounded by what was sent in. */
  const compared = new Set<string>();
  return {
    outputs,
    /** Why one more file does not fit; null when it does. */
    excess: (path: string, sizeBytes: number): DropReason | null => {
      if (outputs.has(path)) return "name";
      if (outputs.size >= limits.outputFiles) return "too_many";
      const isLarge = sizeBytes > limits.outputFileBytes || totalBytes + sizeBytes > limits.outputTotalBytes;
      return isLarge ? "too_large" : null;
    },
    /** Hash of an input of the same size, which alone tells whether the entry is an output; null without one. */
    inputHash: (path: string, sizeBytes: number): string | null => {
      const inputPath = root === "." ? path : `${root}/${path}`;
      const input = inputs.get(inputPath);
      if (input?.sizeBytes !== sizeBytes || compared.has(inputPath)) return null;
      compared.add(inputPath);
      return input.sha256;
    },
    keep: (collected: Collected): void => {
      outputs.set(collected.file.path, collected);
      totalBytes += collected.file.sizeBytes;
    },
  };
};
type Shelf = ReturnType<typeof createShelf>;

const describe = (path: string, { sizeBytes, mode }: TarEntry, sha256: string): OutputFile => ({
  path,
  sizeBytes,
  sha256,
  ...((mode & 0o100) === 0 ? {} : { executable: true }),
});

/** Why an entry is not kept; null for what is kept, or is no news. */
const takeEntry = async (entry: TarEntry, shelf: Shelf, spool: Spool): Promise<DropReason | null> => {
  noteWork("reading outputs");
  if (entry.type === "symlink" || entry.type === "link") return "link";
  if (entry.type !== "file") return "special";
  const path = outputPath(entry.name);
  if (path === null) return "name";
  const inputHash = shelf.inputHash(path, entry.sizeBytes);
  const excess = shelf.excess(path, entry.sizeBytes);
  if (excess !== null && inputHash === null) return excess;
  const content = await (entry.sizeBytes <= SMALL_BYTES ? smallContent : spooledContent)(entry, spool);
  const { sha256 } = content;
  const isKept = excess === null && sha256 !== inputHash;
  if (isKept) shelf.keep({ file: describe(path, entry, sha256), spoolPath: await content.keep() });
  else await content.drop();
  return isKept || sha256 === inputHash ? null : excess;
};

/** Counts what is not kept, and names the first of it; a folder is told when nothing turned out to be in it. */
const createDropped = (inputs: () => LaidOut, root: string) => {
  const folders = new Map<string, string>();
  const named: DroppedOutput[] = [];
  let count = 0;
  const drop = (name: string, reason: DropReason): void => {
    count += 1;
    if (named.length < DROPPED_NAMED) named.push({ path: shownPath(lossyName(name)), reason });
  };
  const keyOf = (name: string): string => name.replace(/\/+$/, "");
  return {
    drop,
    /** Whatever is in a folder shows that it is not empty. */
    see: ({ name, type }: TarEntry): void => {
      const key = keyOf(name);
      folders.delete(key.slice(0, Math.max(0, key.lastIndexOf("/"))));
      const path = outputPath(name);
      const inputPath = root === "." ? path : `${root}/${path}`;
      if (type === "directory" && path !== null && !inputs().has(`${inputPath}/`)) folders.set(key, name);
    },
    done: (): Omit<Collection, "outputs"> => {
      for (const name of folders.values()) drop(keyOf(name), "empty_folder");
      return { dropped: count, named };
    },
  };
};

/** A file operation of the executor's own; everything else that fails here is the archive. */
const isOwnFailure = (error: unknown): boolean => error instanceof Error && "syscall" in error;

/**
 * Reads the archive that the sandbox packs. Only plain files with harmless
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
  const lost = createDropped(request.inputs, request.root);
  let shelf: Shelf | null = null;
  try {
    const guarded = guardArchive(bounded(archive, capBytes), () => lost.drop("...", "damaged"));
    for await (const entry of readTar(guarded, "latin1")) {
      shelf ??= createShelf(limits, request.inputs(), request.root);
      lost.see(entry);
      const reason = entry.type === "directory" ? null : await takeEntry(entry, shelf, spool);
      if (reason !== null) lost.drop(entry.name, reason);
    }
  } catch (error) {
    if (isOwnFailure(error)) throw error;
    lost.drop("...", "damaged");
  } finally {
    archive.destroy();
  }
  return { outputs: [...(shelf?.outputs.values() ?? [])], ...lost.done() };
};
